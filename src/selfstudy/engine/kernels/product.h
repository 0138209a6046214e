// Small products of bfloat16 matrices, or of float32 ones if WIDE, summed in float32 and rounded once.
//
//     C[m, n] (+)= scale · Σ_k left(m, k) · right(k, n)
//
// Numbers come in words of 32 bits: a word holds those of k and k + 1, which vdpbf16ps multiplies together, or one wide
// number. The left side is read word by word, at left[m · of_m + word · of_k]; the right side is packed: word number w of
// column n at right[w · width + n], `width` a multiple of 16. A tile of rows x 16 · vectors sums is held in registers;
// 24 of the 32 are sums.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

static inline __mmask16 first(size_t columns) { return columns >= 16 ? 0xffff : (__mmask16)((1u << columns) - 1); }

#ifdef WIDE
static inline __m512 load(const real *values, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, values); }

static inline void store(real *values, __mmask16 mask, __m512 wide) { _mm512_mask_storeu_ps(values, mask, wide); }

static inline __m512 narrowed(__m512 x) { return x; }

static inline __m512 add_product(__m512 sum, __m512i left, __m512i right) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum);
}
#else
static inline __m512 widened(__m256i values) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(values), 16));
}

static inline __m512 load(const real *values, __mmask16 mask) {
    return widened(_mm256_maskz_loadu_epi16(mask, values));
}

static inline void store(real *values, __mmask16 mask, __m512 wide) {
    _mm256_mask_storeu_epi16(values, mask, (__m256i)_mm512_cvtneps_pbh(wide));
}

// Rounded as `store` does.
static inline __m512 narrowed(__m512 x) { return widened((__m256i)_mm512_cvtneps_pbh(x)); }

static inline __m512 add_product(__m512 sum, __m512i left, __m512i right) {
    return _mm512_dpbf16_ps(sum, (__m512bh)left, (__m512bh)right);
}
#endif

static inline __attribute__((always_inline)) void tile(
    const int rows, const int vectors, Left left, Right right, size_t num_words, Into into, __mmask16 last
) {
    __m512 sums[12][4];
#pragma GCC unroll 16
    for (int m = 0; m < rows; m++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) sums[m][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < num_words; k++) {
        __m512i of_right[4];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            of_right[v] = _mm512_loadu_si512(right.words + k * right.width + 16 * v);
#pragma GCC unroll 16
        for (int m = 0; m < rows; m++) {
            const __m512i of_left = _mm512_set1_epi32((int)left.words[m * left.of_m + k * left.of_k]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) sums[m][v] = add_product(sums[m][v], of_left, of_right[v]);
        }
    }
    const __m512 scale = _mm512_set1_ps(into.scale);
#pragma GCC unroll 16
    for (int m = 0; m < rows; m++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            const __mmask16 mask = v == vectors - 1 ? last : 0xffff;
            __m512 sum = _mm512_mul_ps(sums[m][v], scale);
            const size_t place = m * into.stride + 16 * v;
            if (into.bias) sum = _mm512_add_ps(sum, load(into.bias + 16 * v, mask));
            if (into.add) sum = _mm512_add_ps(sum, load(into.narrow + place, mask));
            if (into.wide) _mm512_mask_storeu_ps(into.wide + place, mask, sum);
            else store(into.narrow + place, mask, sum);
        }
}

// All rows of a stretch of columns, in tiles of `most` rows and then of fewer.
static inline __attribute__((always_inline)) void stretch(
    const int most, const int vectors, size_t M, Left left, Right right, size_t num_words, Into into, __mmask16 last
) {
    size_t m = 0;
#define TILES(rows)                                                                                       \
    for (; rows <= most && m + rows <= M; m += rows)                                                      \
        tile(rows, vectors, (Left){left.words + m * left.of_m, left.of_m, left.of_k}, right, num_words,   \
             shifted(into, m * into.stride), last);
    TILES(12) TILES(6) TILES(3) TILES(2) TILES(1)
#undef TILES
}

static void product(size_t M, size_t N, size_t num_words, Left left, Right right, Into into) {
    size_t n = 0;
    const real *bias = into.bias;
#define STRETCH(rows, vectors, mask)                                                                      \
    {                                                                                                     \
        Into own = shifted(into, n);                                                                      \
        own.bias = bias ? bias + n : NULL;                                                                \
        stretch(rows, vectors, M, left, (Right){right.words + n, right.width}, num_words, own, mask);     \
    }
    for (; n + 64 <= N; n += 64) STRETCH(6, 4, 0xffff)
    for (; n + 32 <= N; n += 32) STRETCH(12, 2, 0xffff)
    for (; n + 16 <= N; n += 16) STRETCH(12, 1, 0xffff)
    if (n < N) STRETCH(12, 1, first(N - n))
#undef STRETCH
}

static inline size_t padded(size_t columns) { return (columns + 15) / 16 * 16; }

// Words of neighbouring rows: [K, N] in rows `stride` apart -> [words(K), width]; an odd K's last word ends in 0.
static Right pack_rows(const real *values, size_t stride, size_t K, size_t N, uint32_t *into) {
    const size_t width = padded(N);
    for (size_t k = 0; k < K; k += PER_WORD)
        for (size_t n = 0; n < N; n += 16) {
            const real *place = values + k * stride + n;
#ifdef WIDE
            const __m512i word = _mm512_maskz_loadu_epi32(first(N - n), place);
#else
            __m512i word = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(N - n), place));
            if (k + 1 < K) {
                const __m256i second = _mm256_maskz_loadu_epi16(first(N - n), place + stride);
                word = _mm512_or_si512(word, _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16));
            }
#endif
            _mm512_storeu_si512(into + k / PER_WORD * width + n, word);
        }
    return (Right){into, width};
}

// Up to 16 x 16 values of 32 bits, transposed; rows and columns beyond are zeros, rows of them not written.
static inline void transpose_block(
    const uint32_t *from, size_t of_row, size_t rows, size_t columns, uint32_t *to, size_t of_column
) {
    const __mmask16 mask = first(columns);
    __m512i r[16], t[16];
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        r[i] = i < rows ? _mm512_maskz_loadu_epi32(mask, from + i * of_row) : _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m512i a = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88), b = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        const __m512i c = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd), d = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
        t[i] = _mm512_shuffle_i32x4(a, b, 0x88);
        t[i + 8] = _mm512_shuffle_i32x4(a, b, 0xdd);
        t[i + 4] = _mm512_shuffle_i32x4(c, d, 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(c, d, 0xdd);
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        if (i < columns) _mm512_storeu_si512(to + i * of_column, t[i]);
}

// Words of neighbouring columns, transposed: [N, K] in rows of `stride` -> [words(K), width]. K and `stride` are even.
static Right pack_columns(const real *values, size_t stride, size_t N, size_t K, uint32_t *into) {
    const size_t width = padded(N);
    const uint32_t *from = (const uint32_t *)values;
    for (size_t n = 0; n < N; n += 16)
        for (size_t k = 0; k < words(K); k += 16)
            transpose_block(from + n * words(stride) + k, words(stride), N - n < 16 ? N - n : 16, words(K) - k,
                            into + k * width + n, width);
    return (Right){into, width};
}

// Room for packed operands, kept by each thread for its next call: fresh pages cost more than the products.
static uint32_t *room(size_t numbers) {
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
