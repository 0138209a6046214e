// Low-rank updates of n projections that read the same input, for slots whose tokens lie one after another.
//
// Slot k has tokens [starts[k], starts[k + 1]), A [n r, I] at a + k · n r I and of each projection B [O, r] at
// b[j] + k · O r. I, r and O are even. Every slot's numbers depend on its own alone.
#include "product.h"

typedef struct {
    size_t num_slots, num_projections, rank, inputs;
    const int64_t *starts;   // [num_slots + 1]
    const float *scales;     // [num_slots]
    const int64_t *outputs;  // [num_projections]
} Shape;

static size_t longest(const Shape *s) {
    size_t found = 0;
    for (size_t k = 0; k < s->num_slots; k++) found = most(found, (size_t)(s->starts[k + 1] - s->starts[k]));
    return found;
}

static size_t widest(const Shape *s) {
    size_t found = s->inputs;
    for (size_t j = 0; j < s->num_projections; j++) found = most(found, (size_t)s->outputs[j]);
    return found;
}

// outputs[j] [T, O] += scale (x Aᵀ) Bᵀ; inner [T, n r] = scale x Aᵀ. Returns 0, or 1 if there is no memory.
int low_rank_forward(
    const Shape *s, const bf16 *x, const bf16 *a, const bf16 *const *b, bf16 *const *outputs, bf16 *inner
) {
    const size_t I = s->inputs, r = s->rank, nr = s->num_projections * r;
    uint32_t *packed = room(most(I / 2 * padded(nr), r / 2 * padded(widest(s))));
    if (!packed) return 1;
    for (size_t k = 0; k < s->num_slots; k++) {
        const size_t start = (size_t)s->starts[k], M = (size_t)s->starts[k + 1] - start;
        bf16 *own = inner + start * nr;
        product(M, nr, I / 2, (Left){(const uint32_t *)(x + start * I), I / 2, 1},
                pair_columns(a + k * nr * I, I, nr, I, packed), rounded(own, nr, 0, s->scales[k]));
        for (size_t j = 0; j < s->num_projections; j++) {
            const size_t O = (size_t)s->outputs[j];
            product(M, O, r / 2, (Left){(const uint32_t *)(own + j * r), nr / 2, 1},
                    pair_columns(b[j] + k * O * r, r, O, r, packed), rounded(outputs[j] + start * O, O, 1, 1));
        }
    }
    return 0;
}

// From grads[j] [T, O]: grad_x [T, I] += scale (g B) A (unless NULL), and the gradients of A and B, added if `add`.
int low_rank_backward(
    const Shape *s, const bf16 *x, const bf16 *a, const bf16 *const *b, const bf16 *inner, const bf16 *const *grads,
    bf16 *grad_x, bf16 *grad_a, bf16 *const *grad_b, int add
) {
    const size_t I = s->inputs, r = s->rank, nr = s->num_projections * r, most_tokens = longest(s);
    // Packed on the right are B and A, and by pairs of tokens inner states and x.
    const size_t of_weights = most(widest(s) / 2 * padded(r), nr / 2 * padded(I));
    const size_t of_right = most(of_weights, (most_tokens + 1) / 2 * padded(most(r, I)));
    const size_t of_left = (most_tokens + 1) / 2 * padded(most(widest(s), nr));
    uint32_t *packed = room(of_right + of_left + most_tokens * nr / 2);
    if (!packed) return 1;
    uint32_t *paired = packed + of_right;
    bf16 *grad_inner = (bf16 *)(paired + of_left);
    for (size_t k = 0; k < s->num_slots; k++) {
        const size_t start = (size_t)s->starts[k], M = (size_t)s->starts[k + 1] - start, pairs = (M + 1) / 2;
        for (size_t j = 0; j < s->num_projections; j++) {
            const size_t O = (size_t)s->outputs[j];
            const bf16 *grad = grads[j] + start * O;
            product(M, r, O / 2, (Left){(const uint32_t *)grad, O / 2, 1}, pair_rows(b[j] + k * O * r, r, O, r, packed),
                    rounded(grad_inner + j * r, nr, 0, s->scales[k]));
            const Right left = pair_rows(grad, O, M, O, paired);
            product(O, r, pairs, (Left){left.pairs, 1, left.width},
                    pair_rows(inner + start * nr + j * r, nr, M, r, packed), rounded(grad_b[j] + k * O * r, r, add, 1));
        }
        if (grad_x)
            product(M, I, nr / 2, (Left){(const uint32_t *)grad_inner, nr / 2, 1},
                    pair_rows(a + k * nr * I, I, nr, I, packed), rounded(grad_x + start * I, I, 1, 1));
        const Right left = pair_rows(grad_inner, nr, M, nr, paired);
        product(nr, I, pairs, (Left){left.pairs, 1, left.width}, pair_rows(x + start * I, I, M, I, packed),
                rounded(grad_a + k * nr * I, I, add, 1));
    }
    return 0;
}
