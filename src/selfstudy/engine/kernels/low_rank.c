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
    const Shape *s, const real *x, const real *a, const real *const *b, real *const *outputs, real *inner
) {
    const size_t I = s->inputs, r = s->rank, nr = s->num_projections * r;
    uint32_t *packed = room(most(words(I) * padded(nr), words(r) * padded(widest(s))));
    if (!packed) return 1;
    for (size_t k = 0; k < s->num_slots; k++) {
        const size_t start = (size_t)s->starts[k], M = (size_t)s->starts[k + 1] - start;
        real *own = inner + start * nr;
        product(M, nr, words(I), rows_of(x + start * I, I),
                pack_columns(a + k * nr * I, I, nr, I, packed), rounded(own, nr, 0, s->scales[k]));
        for (size_t j = 0; j < s->num_projections; j++) {
            const size_t O = (size_t)s->outputs[j];
            product(M, O, words(r), rows_of(own + j * r, nr),
                    pack_columns(b[j] + k * O * r, r, O, r, packed), rounded(outputs[j] + start * O, O, 1, 1));
        }
    }
    return 0;
}

// From grads[j] [T, O]: grad_x [T, I] += scale (g B) A (unless NULL), and the gradients of A and B, added if `add`.
int low_rank_backward(
    const Shape *s, const real *x, const real *a, const real *const *b, const real *inner, const real *const *grads,
    real *grad_x, real *grad_a, real *const *grad_b, int add
) {
    const size_t I = s->inputs, r = s->rank, nr = s->num_projections * r, most_tokens = longest(s);
    // Packed on the right are B and A, and by tokens inner states and x.
    const size_t of_weights = most(words(widest(s)) * padded(r), words(nr) * padded(I));
    const size_t of_right = most(of_weights, words(most_tokens) * padded(most(r, I)));
    const size_t of_left = words(most_tokens) * padded(most(widest(s), nr));
    uint32_t *packed = room(of_right + of_left + most_tokens * words(nr));
    if (!packed) return 1;
    uint32_t *grads_packed = packed + of_right;
    real *grad_inner = (real *)(grads_packed + of_left);
    for (size_t k = 0; k < s->num_slots; k++) {
        const size_t start = (size_t)s->starts[k], M = (size_t)s->starts[k + 1] - start, of_tokens = words(M);
        for (size_t j = 0; j < s->num_projections; j++) {
            const size_t O = (size_t)s->outputs[j];
            const real *grad = grads[j] + start * O;
            product(M, r, words(O), rows_of(grad, O), pack_rows(b[j] + k * O * r, r, O, r, packed),
                    rounded(grad_inner + j * r, nr, 0, s->scales[k]));
            const Right left = pack_rows(grad, O, M, O, grads_packed);
            product(O, r, of_tokens, columns_of(left),
                    pack_rows(inner + start * nr + j * r, nr, M, r, packed), rounded(grad_b[j] + k * O * r, r, add, 1));
        }
        if (grad_x)
            product(M, I, words(nr), rows_of(grad_inner, nr),
                    pack_rows(a + k * nr * I, I, nr, I, packed), rounded(grad_x + start * I, I, 1, 1));
        const Right left = pack_rows(grad_inner, nr, M, nr, grads_packed);
        product(nr, I, of_tokens, columns_of(left), pack_rows(x + start * I, I, M, I, packed),
                rounded(grad_a + k * nr * I, I, add, 1));
    }
    return 0;
}
