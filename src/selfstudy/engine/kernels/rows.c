// What stands between the products of a pass: norms, gates, and the head's softmax. Each row by itself.
#include "exp.h"
#include "product.h"

// weight · x / √(mean x² + epsilon), rounded before the weight and after it; `rates` [T] keeps 1 / √.
void norm_forward(const real *x, const real *weight, size_t T, size_t H, float epsilon, real *output, float *rates) {
    for (size_t t = 0; t < T; t++, x += H, output += H) {
        Floats sum = all(0);
        for (size_t h = 0; h < H; h += FLOATS) {
            const Floats value = load(x + h, H - h);
            sum = fused(value, value, sum);
        }
        rates[t] = 1 / sqrtf(sum_of(sum) / (float)H + epsilon);
        const Floats rate = all(rates[t]);
        for (size_t h = 0; h < H; h += FLOATS)
            store(output + h, H - h, narrowed(load(x + h, H - h) * rate) * load(weight + h, H - h));
    }
}

// With y = rate · x and g = weight · grad: rate · (g - y · mean(g · y)).
void norm_backward(
    const real *x, const real *weight, const float *rates, const real *grad, size_t T, size_t H, real *grad_x
) {
    for (size_t t = 0; t < T; t++, x += H, grad += H, grad_x += H) {
        const Floats rate = all(rates[t]);
        Floats sum = all(0);
        for (size_t h = 0; h < H; h += FLOATS) {
            const Floats g = load(grad + h, H - h) * load(weight + h, H - h);
            sum = fused(g, load(x + h, H - h) * rate, sum);
        }
        const Floats along = all(sum_of(sum) / (float)H);
        for (size_t h = 0; h < H; h += FLOATS) {
            const Floats g = load(grad + h, H - h) * load(weight + h, H - h), y = load(x + h, H - h) * rate;
            store(grad_x + h, H - h, fused_less(y, along, g) * rate);
        }
    }
}

static inline Floats sigmoid(Floats x) { return all(1) / (all(1) + exponential(all(0) - x)); }

// silu(gate) · up, rounded before the product and after it.
void gate_forward(const real *gate, const real *up, size_t count, real *output) {
    for (size_t i = 0; i < count; i += FLOATS) {
        const Floats x = load(gate + i, count - i);
        store(output + i, count - i, narrowed(x * sigmoid(x)) * load(up + i, count - i));
    }
}

void gate_backward(const real *gate, const real *up, const real *grad, size_t count, real *grad_gate, real *grad_up) {
    for (size_t i = 0; i < count; i += FLOATS) {
        const Floats x = load(gate + i, count - i), s = sigmoid(x), g = load(grad + i, count - i);
        store(grad_up + i, count - i, g * narrowed(x * s));
        const Floats slope = s * fused(x, all(1) - s, all(1));  // of silu
        store(grad_gate + i, count - i, g * load(up + i, count - i) * slope);
    }
}

// log Σ e^logit of each of S rows.
void log_sum_exp(const real *logits, size_t S, size_t V, float *sums) {
    for (size_t s = 0; s < S; s++, logits += V) {
        Floats top = all(-INFINITY), sum = all(0);
        for (size_t v = 0; v < V; v += FLOATS) top = higher(top, load_else(logits + v, V - v, top));
        const float highest = highest_of(top);
        for (size_t v = 0; v < V; v += FLOATS)
            sum += exponential(load_else(logits + v, V - v, all(-INFINITY)) - all(highest));
        sums[s] = highest + logf(sum_of(sum));
    }
}

// scale[s] · e^(logit - sums[s]) of each of S rows.
void scaled_softmax(const real *logits, const float *sums, const float *scale, size_t S, size_t V, real *output) {
    for (size_t s = 0; s < S; s++, logits += V, output += V)
        for (size_t v = 0; v < V; v += FLOATS) {
            const Floats power = exponential(load(logits + v, V - v) - all(sums[s]));
            store(output + v, V - v, all(scale[s]) * power);
        }
}
