// What stands between the products of a pass: norms, gates, and the head's softmax. Each row by itself.
#include "exp.h"
#include "product.h"

// weight · x / √(mean x² + epsilon), rounded before the weight and after it; `rates` [T] keeps 1 / √.
void norm_forward(const real *x, const real *weight, size_t T, size_t H, float epsilon, real *output, float *rates) {
    for (size_t t = 0; t < T; t++, x += H, output += H) {
        __m512 sum = _mm512_setzero_ps();
        for (size_t h = 0; h < H; h += 16) {
            const __m512 value = load(x + h, first(H - h));
            sum = _mm512_fmadd_ps(value, value, sum);
        }
        rates[t] = 1 / sqrtf(_mm512_reduce_add_ps(sum) / (float)H + epsilon);
        const __m512 rate = _mm512_set1_ps(rates[t]);
        for (size_t h = 0; h < H; h += 16) {
            const __mmask16 mask = first(H - h);
            const __m512 value = narrowed(_mm512_mul_ps(load(x + h, mask), rate));
            store(output + h, mask, _mm512_mul_ps(value, load(weight + h, mask)));
        }
    }
}

// With y = rate · x and g = weight · grad: rate · (g - y · mean(g · y)).
void norm_backward(
    const real *x, const real *weight, const float *rates, const real *grad, size_t T, size_t H, real *grad_x
) {
    for (size_t t = 0; t < T; t++, x += H, grad += H, grad_x += H) {
        const __m512 rate = _mm512_set1_ps(rates[t]);
        __m512 sum = _mm512_setzero_ps();
        for (size_t h = 0; h < H; h += 16) {
            const __mmask16 mask = first(H - h);
            const __m512 g = _mm512_mul_ps(load(grad + h, mask), load(weight + h, mask));
            sum = _mm512_fmadd_ps(g, _mm512_mul_ps(load(x + h, mask), rate), sum);
        }
        const __m512 along = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)H);
        for (size_t h = 0; h < H; h += 16) {
            const __mmask16 mask = first(H - h);
            const __m512 g = _mm512_mul_ps(load(grad + h, mask), load(weight + h, mask));
            const __m512 y = _mm512_mul_ps(load(x + h, mask), rate);
            store(grad_x + h, mask, _mm512_mul_ps(_mm512_fnmadd_ps(y, along, g), rate));
        }
    }
}

static inline __m512 sigmoid(__m512 x) {
    const __m512 one = _mm512_set1_ps(1);
    return _mm512_div_ps(one, _mm512_add_ps(one, exponential(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

// silu(gate) · up, rounded before the product and after it.
void gate_forward(const real *gate, const real *up, size_t count, real *output) {
    for (size_t i = 0; i < count; i += 16) {
        const __mmask16 mask = first(count - i);
        const __m512 x = load(gate + i, mask);
        store(output + i, mask, _mm512_mul_ps(narrowed(_mm512_mul_ps(x, sigmoid(x))), load(up + i, mask)));
    }
}

void gate_backward(const real *gate, const real *up, const real *grad, size_t count, real *grad_gate, real *grad_up) {
    const __m512 one = _mm512_set1_ps(1);
    for (size_t i = 0; i < count; i += 16) {
        const __mmask16 mask = first(count - i);
        const __m512 x = load(gate + i, mask), s = sigmoid(x), g = load(grad + i, mask);
        store(grad_up + i, mask, _mm512_mul_ps(g, narrowed(_mm512_mul_ps(x, s))));
        // silu' = s (1 + x (1 - s))
        const __m512 slope = _mm512_mul_ps(s, _mm512_fmadd_ps(x, _mm512_sub_ps(one, s), one));
        store(grad_gate + i, mask, _mm512_mul_ps(_mm512_mul_ps(g, load(up + i, mask)), slope));
    }
}

// log Σ e^logit of each of S rows.
void log_sum_exp(const real *logits, size_t S, size_t V, float *sums) {
    for (size_t s = 0; s < S; s++, logits += V) {
        __m512 highest = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
        for (size_t v = 0; v < V; v += 16) {
            const __mmask16 mask = first(V - v);
            highest = _mm512_mask_max_ps(highest, mask, highest, load(logits + v, mask));
        }
        const float top = _mm512_reduce_max_ps(highest);
        for (size_t v = 0; v < V; v += 16) {
            const __mmask16 mask = first(V - v);
            const __m512 power = exponential(_mm512_sub_ps(load(logits + v, mask), _mm512_set1_ps(top)));
            sum = _mm512_mask_add_ps(sum, mask, sum, power);
        }
        sums[s] = top + logf(_mm512_reduce_add_ps(sum));
    }
}

// scale[s] · e^(logit - sums[s]) of each of S rows.
void scaled_softmax(const real *logits, const float *sums, const float *scale, size_t S, size_t V, real *output) {
    for (size_t s = 0; s < S; s++, logits += V, output += V) {
        const __m512 sum = _mm512_set1_ps(sums[s]), times = _mm512_set1_ps(scale[s]);
        for (size_t v = 0; v < V; v += 16) {
            const __mmask16 mask = first(V - v);
            store(output + v, mask, _mm512_mul_ps(times, exponential(_mm512_sub_ps(load(logits + v, mask), sum))));
        }
    }
}
