// Causal attention of packed rows to themselves and, where they continue one, to a prefix row.
//
// Queries [T, N, D], keys and values [T, G, D]; N / G queries share a key head. A row's weights [N, L, S] of its L
// tokens on S = P + L places (P of the prefix, or 0) are kept for the way back, S rounded up to an even `stride`.
#include <string.h>

#include "exp.h"
#include "product.h"

typedef struct {
    size_t num_rows, heads, key_heads, width;
    float scale;
    const int64_t *starts, *lengths;  // of each row's tokens
    const int64_t *prefixes;          // the row that each continues, or -1
    const int64_t *weights;           // where each row's weights begin
} Rows;

typedef struct {
    size_t row, start, length, prefix, places, stride;  // `prefix`: places of it
} Row;

enum { FEW = 24 };  // queries that are taken together, so that most places after them are left out

static Row row_of(const Rows *rows, size_t i) {
    const size_t L = (size_t)rows->lengths[i];
    const size_t P = rows->prefixes[i] < 0 ? 0 : (size_t)rows->lengths[rows->prefixes[i]];
    return (Row){i, (size_t)rows->starts[i], L, P, P + L, (P + L + 1) / 2 * 2};
}

static size_t most_places(const Rows *rows) {
    size_t found = 0;
    for (size_t i = 0; i < rows->num_rows; i++) found = most(found, row_of(rows, i).stride);
    return found;
}

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }

// A key head's keys or values [S, D] of the prefix and of the row.
static void gather(const Rows *rows, Row row, size_t head, const real *from, real *into) {
    const size_t D = rows->width, stride = rows->key_heads * D;
    const size_t before = row.prefix ? (size_t)rows->starts[rows->prefixes[row.row]] : 0;
    for (size_t s = 0; s < row.places; s++) {
        const size_t token = s < row.prefix ? before + s : row.start + s - row.prefix;
        memcpy(into + s * D, from + token * stride + head * D, D * sizeof(real));
    }
}

// softmax over the first `count` of `stride` scores; zeros behind.
static void softmax(const float *scores, size_t count, size_t stride, real *into) {
    Floats top = all(-INFINITY), sum = all(0);
    for (size_t s = 0; s < count; s += FLOATS) top = higher(top, load_or(scores + s, count - s, top));
    top = all(highest_of(top));
    float powers[count + FLOATS];
    for (size_t s = 0; s < count; s += FLOATS) {
        const Floats power = exponential(load_or(scores + s, count - s, all(-INFINITY)) - top);
        sum += power;
        store_floats(powers + s, FLOATS, power);
    }
    const Floats share = all(1 / sum_of(sum));
    for (size_t s = 0; s < stride; s += FLOATS) {
        Floats weight = all(0);
        if (s < count) weight = load_or(powers + s, FLOATS, weight) * share;
        store(into + s, stride - s, weight);
    }
}

// Returns 0, or 1 if there is no memory.
int attention_forward(const Rows *rows, const real *query, const real *key, const real *value, real *output, real *weights) {
    const size_t D = rows->width, N = rows->heads, shared = N / rows->key_heads, most_S = most_places(rows);
    uint32_t *packed_keys = room(words(D) * padded(most_S) + words(most_S) * padded(D) + most_S * words(D) + FEW * most_S);
    if (!packed_keys) return 1;
    uint32_t *packed_values = packed_keys + words(D) * padded(most_S);
    real *gathered = (real *)(packed_values + words(most_S) * padded(D));
    float *scores = (float *)((uint32_t *)gathered + most_S * words(D));
    for (size_t i = 0; i < rows->num_rows; i++) {
        const Row row = row_of(rows, i);
        const size_t L = row.length;
        for (size_t g = 0; g < rows->key_heads; g++) {
            gather(rows, row, g, key, gathered);
            const Right keys = pack_columns(gathered, D, row.places, D, packed_keys);
            gather(rows, row, g, value, gathered);
            const Right values = pack_rows(gathered, D, row.places, D, packed_values);
            for (size_t h = g * shared; h < (g + 1) * shared; h++)
                for (size_t l = 0; l < L; l += FEW) {
                    const size_t M = least(FEW, L - l), S = row.prefix + l + M;
                    const size_t place = ((row.start + l) * N + h) * D;
                    real *own = weights + rows->weights[i] + (h * L + l) * row.stride;
                    product(M, S, words(D), rows_of(query + place, N * D), keys, unrounded(scores, most_S, rows->scale));
                    for (size_t m = 0; m < M; m++)
                        softmax(scores + m * most_S, row.prefix + l + m + 1, row.stride, own + m * row.stride);
                    product(M, D, words(S), rows_of(own, row.stride), values, rounded(output + place, N * D, 0, 1));
                }
        }
    }
    return 0;
}

// slope = weights · (grad - Σ weights · grad), of one query.
static void softmax_back(const real *weights, const float *grad, size_t count, size_t stride, real *slope) {
    Floats sum = all(0);
    for (size_t s = 0; s < count; s += FLOATS)
        sum = fused(load(weights + s, count - s), load_or(grad + s, count - s, all(0)), sum);
    const Floats along = all(sum_of(sum));
    for (size_t s = 0; s < stride; s += FLOATS) {
        Floats own = all(0);
        if (s < count) own = load(weights + s, count - s) * (load_or(grad + s, count - s, all(0)) - along);
        store(slope + s, stride - s, own);
    }
}

// `sums` [S, D] of a key head to the row's own tokens of `into`; what belongs to the prefix is added up in `of_prefix`.
static void leave(
    const Rows *rows, Row row, size_t head, const float *sums, const float *add, float *of_prefix, real *into
) {
    const size_t D = rows->width;
    for (size_t i = 0; i < row.prefix * D; i++) of_prefix[i] += sums[i];
    for (size_t l = 0; l < row.length; l++) {
        real *place = into + ((row.start + l) * rows->key_heads + head) * D;
        for (size_t d = 0; d < D; d += FLOATS) {
            Floats sum = load_or(sums + (row.prefix + l) * D + d, D - d, all(0));
            if (add) sum += load_or(add + l * D + d, D - d, all(0));
            store(place + d, D - d, sum);
        }
    }
}

typedef struct {
    uint32_t *packed_keys, *packed_values, *slopes, *weights, *queries, *grads;
    real *gathered, *slope;
    float *of_weights, *of_keys, *of_values;
} Scratch;

static void row_back(
    const Rows *rows, Row row, size_t g, const real *query, const real *key, const real *value, const real *weights,
    const real *grad, real *grad_query, Scratch at
) {
    const size_t D = rows->width, N = rows->heads, shared = N / rows->key_heads, L = row.length, of_row = words(L);
    gather(rows, row, g, key, at.gathered);
    const Right keys = pack_rows(at.gathered, D, row.places, D, at.packed_keys);
    gather(rows, row, g, value, at.gathered);
    const Right values = pack_columns(at.gathered, D, row.places, D, at.packed_values);
    const size_t wide = padded(row.places);
    for (size_t n = 0; n < shared; n++) {
        const size_t h = g * shared + n, first_place = (row.start * N + h) * D;
        const real *own = weights + rows->weights[row.row] + h * L * row.stride;
        for (size_t l = 0; l < L; l += FEW) {
            const size_t M = least(FEW, L - l), S = row.prefix + l + M, place = first_place + l * N * D;
            real *slope = at.slope + l * row.stride;
            product(M, S, words(D), rows_of(grad + place, N * D), values, unrounded(at.of_weights, row.stride, 1));
            for (size_t m = 0; m < M; m++)
                softmax_back(own + (l + m) * row.stride, at.of_weights + m * row.stride, row.prefix + l + m + 1, row.stride,
                             slope + m * row.stride);
            product(M, D, words(S), rows_of(slope, row.stride), keys, rounded(grad_query + place, N * D, 0, rows->scale));
        }
        pack_rows(at.slope, row.stride, L, row.places, at.slopes + n * of_row * wide);
        pack_rows(own, row.stride, L, row.places, at.weights + n * of_row * wide);
        pack_rows(query + first_place, N * D, L, D, at.queries + n * of_row * padded(D));
        pack_rows(grad + first_place, N * D, L, D, at.grads + n * of_row * padded(D));
    }
    product(row.places, D, shared * of_row, columns_of((Right){at.slopes, wide}), (Right){at.queries, padded(D)},
            unrounded(at.of_keys, D, rows->scale));
    product(row.places, D, shared * of_row, columns_of((Right){at.weights, wide}), (Right){at.grads, padded(D)},
            unrounded(at.of_values, D, 1));
}

// Gradients of queries, keys and values from the output's. Returns 0, or 1 if there is no memory.
int attention_backward(
    const Rows *rows, const real *query, const real *key, const real *value, const real *weights, const real *grad,
    real *grad_query, real *grad_key, real *grad_value
) {
    const size_t D = rows->width, shared = rows->heads / rows->key_heads, S = most_places(rows);
    size_t L = 0, P = 0;
    for (size_t i = 0; i < rows->num_rows; i++) {
        L = most(L, (size_t)rows->lengths[i]);
        P = most(P, row_of(rows, i).prefix);
    }
    const size_t of_row = words(L), of_keys = most(words(S) * padded(D), words(D) * padded(S));
    const size_t sizes[] = {
        of_keys, of_keys, shared * of_row * padded(S), shared * of_row * padded(S), shared * of_row * padded(D),
        shared * of_row * padded(D), S * words(D), L * words(S), FEW * S, S * D, S * D, rows->num_rows * P * D * 2,
    };
    const size_t count = sizeof sizes / sizeof *sizes;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) total += padded(sizes[i]);
    uint32_t *next = room(total), *at[sizeof sizes / sizeof *sizes];
    if (!next) return 1;
    for (size_t i = 0; i < count; next += padded(sizes[i++])) at[i] = next;
    const Scratch scratch = {
        at[0], at[1], at[2], at[3], at[4], at[5], (real *)at[6], (real *)at[7],
        (float *)at[8], (float *)at[9], (float *)at[10],
    };
    float *of_prefixes = (float *)at[11];
    for (size_t g = 0; g < rows->key_heads; g++) {
        memset(of_prefixes, 0, rows->num_rows * P * D * 2 * sizeof(float));
        // Rows that continue a prefix come first, so that it has all of theirs when its own turn comes.
        for (int continuing = 1; continuing >= 0; continuing--)
            for (size_t i = 0; i < rows->num_rows; i++) {
                const Row row = row_of(rows, i);
                if ((row.prefix > 0) != continuing) continue;
                row_back(rows, row, g, query, key, value, weights, grad, grad_query, scratch);
                float *of_prefix = of_prefixes + (continuing ? (size_t)rows->prefixes[i] : i) * P * D * 2;
                const int continued = !continuing && row.length <= P;  // zeros for a row that is no prefix
                leave(rows, row, g, scratch.of_keys, continued ? of_prefix : NULL, of_prefix, grad_key);
                leave(rows, row, g, scratch.of_values, continued ? of_prefix + P * D : NULL, of_prefix + P * D, grad_value);
            }
    }
    return 0;
}
