// Small products of bfloat16 matrices, or of float32 ones if WIDE, summed in float32 and rounded once.
//
//     C[m, n] (+)= scale · Σ_k left(m, k) · right(k, n)
//
// Numbers come in words of 32 bits: a word holds those of k and k + 1, which vdpbf16ps multiplies together, or one wide
// number. The left side is read word by word, at left[m · of_m + word · of_k]; the right side is packed: word number w of
// column n at right[w · width + n], `width` a multiple of FLOATS. A tile of rows x FLOATS · vectors sums is held in
// registers: 24 of the 32 of AVX-512 are sums, or 12 of the 16 of AVX2.
#pragma once

#include <stdlib.h>

#include "registers.h"

#ifdef WIDE
typedef float real;
enum { PER_WORD = 1 };
#else
typedef uint16_t real;  // bfloat16
enum { PER_WORD = 2 };
#endif

static inline size_t words(size_t numbers) { return (numbers + PER_WORD - 1) / PER_WORD; }

typedef struct {
    const uint32_t *words;
    size_t of_m, of_k;
} Left;

typedef struct {
    const uint32_t *words;
    size_t width;
} Right;

// Where sums go, rounded to bfloat16 or, into `wide`, as they are.
typedef struct {
    real *narrow;
    float *wide;
    const real *bias;  // of each column, or NULL
    size_t stride;
    int add;  // to what stands there
    float scale;
} Into;

static inline Into rounded(real *values, size_t stride, int add, float scale) {
    return (Into){values, NULL, NULL, stride, add, scale};
}

static inline Into unrounded(float *values, size_t stride, float scale) {
    return (Into){NULL, values, NULL, stride, 0, scale};
}

static inline Into shifted(Into into, size_t by) {
    if (into.wide) into.wide += by;
    else into.narrow += by;
    return into;
}

#ifdef WIDE
static inline Floats load_else(const real *values, size_t count, Floats beyond) { return load_or(values, count, beyond); }

static inline Floats load(const real *values, size_t count) { return load_or(values, count, all(0)); }

static inline void store(real *values, size_t count, Floats wide) { store_floats(values, count, wide); }

static inline Floats narrowed(Floats x) { return x; }

static inline Floats add_product(Floats sum, Words left, Words right) {
    return fused(as_floats(left), as_floats(right), sum);
}

// Words of a row's numbers and of the next row's, which is NULL if there is none.
static inline Words pairs(const real *row, const real *next, size_t count) {
    (void)next;
    return load_words((const uint32_t *)row, count);
}
#else
static inline Words low_halves(const real *values, size_t count) {
    return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(count), values));
}

static inline Floats load(const real *values, size_t count) {
    return as_floats(_mm512_slli_epi32(low_halves(values, count), 16));
}

static inline Floats load_else(const real *values, size_t count, Floats beyond) {
    return _mm512_mask_mov_ps(beyond, first(count), load(values, count));
}

static inline void store(real *values, size_t count, Floats wide) {
    _mm256_mask_storeu_epi16(values, first(count), (__m256i)_mm512_cvtneps_pbh(wide));
}

// Rounded as `store` does.
static inline Floats narrowed(Floats x) {
    return as_floats(_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)), 16));
}

static inline Floats add_product(Floats sum, Words left, Words right) {
    return _mm512_dpbf16_ps(sum, (__m512bh)left, (__m512bh)right);
}

static inline Words pairs(const real *row, const real *next, size_t count) {
    const Words word = low_halves(row, count);
    return next ? _mm512_or_si512(word, _mm512_slli_epi32(low_halves(next, count), 16)) : word;
}
#endif

static inline __attribute__((always_inline)) void tile(
    const int rows, const int vectors, Left left, Right right, size_t num_words, Into into, size_t last
) {
    Floats sums[12][VECTORS];
#pragma GCC unroll 16
    for (int m = 0; m < rows; m++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) sums[m][v] = all(0);
    for (size_t k = 0; k < num_words; k++) {
        Words of_right[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            of_right[v] = load_words(right.words + k * right.width + FLOATS * v, FLOATS);
#pragma GCC unroll 16
        for (int m = 0; m < rows; m++) {
            const Words of_left = all_words(left.words[m * left.of_m + k * left.of_k]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) sums[m][v] = add_product(sums[m][v], of_left, of_right[v]);
        }
    }
    const Floats scale = all(into.scale);
#pragma GCC unroll 16
    for (int m = 0; m < rows; m++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            const size_t count = v == vectors - 1 ? last : FLOATS, place = m * into.stride + FLOATS * v;
            Floats sum = sums[m][v] * scale;
            if (into.bias) sum += load(into.bias + FLOATS * v, count);
            if (into.add) sum += load(into.narrow + place, count);
            if (into.wide) store_floats(into.wide + place, count, sum);
            else store(into.narrow + place, count, sum);
        }
}

// All rows of a stretch of columns, in tiles of `most` rows and then of fewer; `last` columns of its last vector count.
static inline __attribute__((always_inline)) void stretch(
    const int most, const int vectors, size_t M, Left left, Right right, size_t num_words, Into into, size_t last
) {
    size_t m = 0;
#define TILES(rows)                                                                                       \
    for (; rows <= most && m + rows <= M; m += rows)                                                      \
        tile(rows, vectors, (Left){left.words + m * left.of_m, left.of_m, left.of_k}, right, num_words,   \
             shifted(into, m * into.stride), last);
    TILES(12) TILES(6) TILES(3) TILES(2) TILES(1)
#undef TILES
}

static inline void product(size_t M, size_t N, size_t num_words, Left left, Right right, Into into) {
    size_t n = 0;
    const real *bias = into.bias;
#define STRETCH(rows, vectors, last)                                                                      \
    {                                                                                                     \
        Into own = shifted(into, n);                                                                      \
        own.bias = bias ? bias + n : NULL;                                                                \
        stretch(rows, vectors, M, left, (Right){right.words + n, right.width}, num_words, own, last);     \
    }
    for (; n + VECTORS * FLOATS <= N; n += VECTORS * FLOATS) STRETCH(6, VECTORS, FLOATS)
    for (; VECTORS > 2 && n + 2 * FLOATS <= N; n += 2 * FLOATS) STRETCH(12, 2, FLOATS)
    for (; n + FLOATS <= N; n += FLOATS) STRETCH(12, 1, FLOATS)
    if (n < N) STRETCH(12, 1, N - n)
#undef STRETCH
}

static inline size_t padded(size_t columns) { return (columns + FLOATS - 1) / FLOATS * FLOATS; }

// Words of neighbouring rows: [K, N] in rows `stride` apart -> [words(K), width]; an odd K's last word ends in 0.
static inline Right pack_rows(const real *values, size_t stride, size_t K, size_t N, uint32_t *into) {
    const size_t width = padded(N);
    for (size_t k = 0; k < K; k += PER_WORD)
        for (size_t n = 0; n < N; n += FLOATS) {
            const real *row = values + k * stride + n;
            store_words(into + k / PER_WORD * width + n, pairs(row, k + 1 < K ? row + stride : NULL, N - n));
        }
    return (Right){into, width};
}

// Words of neighbouring columns, transposed: [N, K] in rows of `stride` -> [words(K), width]. K and `stride` are even.
static inline Right pack_columns(const real *values, size_t stride, size_t N, size_t K, uint32_t *into) {
    const size_t width = padded(N);
    const uint32_t *from = (const uint32_t *)values;
    for (size_t n = 0; n < N; n += FLOATS)
        for (size_t k = 0; k < words(K); k += FLOATS)
            transpose_block(from + n * words(stride) + k, words(stride), N - n, words(K) - k,
                            into + k * width + n, width);
    return (Right){into, width};
}

// Room for packed operands, kept by each thread for its next call: fresh pages cost more than the products.
static inline uint32_t *room(size_t numbers) {
    static __thread uint32_t *kept = NULL;
    static __thread size_t size = 0;
    if (numbers > size) {
        free(kept);
        kept = aligned_alloc(64, (numbers * sizeof(uint32_t) + 63) / 64 * 64);
        size = kept ? numbers : 0;
    }
    return kept;
}

static inline Left rows_of(const real *values, size_t stride) {
    return (Left){(const uint32_t *)values, words(stride), 1};
}

// Columns of what `pack_rows` packed, as rows.
static inline Left columns_of(Right packed) { return (Left){packed.words, 1, packed.width}; }

static inline size_t most(size_t a, size_t b) { return a > b ? a : b; }
