// A register of float32 numbers, 16 in AVX-512 and 8 in AVX2, and what kernels do with one beside arithmetic, which the
// operators of vector types do.
//
// A product's sums are held in tiles that are VECTORS registers wide.
//
// `count` tells how many numbers are meant, all of a register if there are as many or more: of what lies beyond nothing
// is read or written.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __AVX512F__
enum { FLOATS = 16, VECTORS = 4 };
typedef __m512 Floats;
typedef __m512i Words;

static inline __mmask16 first(size_t count) { return count >= FLOATS ? 0xffff : (__mmask16)((1u << count) - 1); }

static inline Floats all(float x) { return _mm512_set1_ps(x); }

static inline Words all_words(uint32_t x) { return _mm512_set1_epi32((int)x); }

static inline Floats load_or(const float *from, size_t count, Floats beyond) {
    return _mm512_mask_loadu_ps(beyond, first(count), from);
}

static inline void store_floats(float *to, size_t count, Floats x) { _mm512_mask_storeu_ps(to, first(count), x); }

static inline Words load_words(const uint32_t *from, size_t count) {
    return _mm512_maskz_loadu_epi32(first(count), from);
}

static inline void store_words(uint32_t *to, Words x) { _mm512_storeu_si512(to, x); }

static inline Floats as_floats(Words x) { return _mm512_castsi512_ps(x); }

// a · b + c and c - a · b, rounded once.
static inline Floats fused(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }

static inline Floats fused_less(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }

// The second one where either is NaN.
static inline Floats higher(Floats a, Floats b) { return _mm512_max_ps(a, b); }

static inline Floats lower(Floats a, Floats b) { return _mm512_min_ps(a, b); }

static inline Floats whole(Floats x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

// x · 2^power, of whole powers from -150 to 129.
static inline Floats scaled(Floats x, Floats power) { return _mm512_scalef_ps(x, power); }

static inline float sum_of(Floats x) { return _mm512_reduce_add_ps(x); }

static inline float highest_of(Floats x) { return _mm512_reduce_max_ps(x); }

// Of each quarter of 128 bits: the lower and the higher halves' numbers (or pairs of them) in turn.
static inline Words low_ones(Words a, Words b) { return _mm512_unpacklo_epi32(a, b); }

static inline Words high_ones(Words a, Words b) { return _mm512_unpackhi_epi32(a, b); }

static inline Words low_pairs(Words a, Words b) { return _mm512_unpacklo_epi64(a, b); }

static inline Words high_pairs(Words a, Words b) { return _mm512_unpackhi_epi64(a, b); }

// Of four (or two) registers' quarters: to[4 q] has quarter q of from[0], from[4], ...
static inline void spread_quarters(const Words *from, Words *to) {
    const Words a = _mm512_shuffle_i32x4(from[0], from[4], 0x88), b = _mm512_shuffle_i32x4(from[8], from[12], 0x88);
    const Words c = _mm512_shuffle_i32x4(from[0], from[4], 0xdd), d = _mm512_shuffle_i32x4(from[8], from[12], 0xdd);
    to[0] = _mm512_shuffle_i32x4(a, b, 0x88);
    to[8] = _mm512_shuffle_i32x4(a, b, 0xdd);
    to[4] = _mm512_shuffle_i32x4(c, d, 0x88);
    to[12] = _mm512_shuffle_i32x4(c, d, 0xdd);
}
#else
enum { FLOATS = 8, VECTORS = 2 };
typedef __m256 Floats;
typedef __m256i Words;

static inline Words first(size_t count) {
    static const int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const Words *)(ones_then_zeros + 8 - count));
}

static inline Floats all(float x) { return _mm256_set1_ps(x); }

static inline Words all_words(uint32_t x) { return _mm256_set1_epi32((int)x); }

static inline Floats load_or(const float *from, size_t count, Floats beyond) {
    if (count >= FLOATS) return _mm256_loadu_ps(from);
    return _mm256_blendv_ps(beyond, _mm256_maskload_ps(from, first(count)), _mm256_castsi256_ps(first(count)));
}

static inline void store_floats(float *to, size_t count, Floats x) {
    if (count >= FLOATS) _mm256_storeu_ps(to, x);
    else _mm256_maskstore_ps(to, first(count), x);
}

static inline Words load_words(const uint32_t *from, size_t count) {
    return count >= FLOATS ? _mm256_loadu_si256((const Words *)from) : _mm256_maskload_epi32((const int *)from, first(count));
}

static inline void store_words(uint32_t *to, Words x) { _mm256_storeu_si256((Words *)to, x); }

static inline Floats as_floats(Words x) { return _mm256_castsi256_ps(x); }

static inline Floats fused(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }

static inline Floats fused_less(Floats a, Floats b, Floats c) { return _mm256_fnmadd_ps(a, b, c); }

static inline Floats higher(Floats a, Floats b) { return _mm256_max_ps(a, b); }

static inline Floats lower(Floats a, Floats b) { return _mm256_min_ps(a, b); }

static inline Floats whole(Floats x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

static inline Floats scaled(Floats x, Floats power) {
    // In two steps, since a number's exponent ends at 127 and, but for subnormal ones, at -126.
    const Words n = _mm256_cvtps_epi32(power), half = _mm256_srai_epi32(n, 1), bias = all_words(127);
    const Words a = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    const Words b = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(n, half), bias), 23);
    return x * as_floats(a) * as_floats(b);
}

static inline float sum_of(Floats x) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

static inline float highest_of(Floats x) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

static inline Words low_ones(Words a, Words b) { return _mm256_unpacklo_epi32(a, b); }

static inline Words high_ones(Words a, Words b) { return _mm256_unpackhi_epi32(a, b); }

static inline Words low_pairs(Words a, Words b) { return _mm256_unpacklo_epi64(a, b); }

static inline Words high_pairs(Words a, Words b) { return _mm256_unpackhi_epi64(a, b); }

static inline void spread_quarters(const Words *from, Words *to) {
    to[0] = _mm256_permute2x128_si256(from[0], from[4], 0x20);
    to[4] = _mm256_permute2x128_si256(from[0], from[4], 0x31);
}
#endif

// Up to FLOATS x FLOATS words, transposed; rows and columns beyond are zeros, rows of them not written.
static inline void transpose_block(
    const uint32_t *from, size_t of_row, size_t rows, size_t columns, uint32_t *to, size_t of_column
) {
    Words r[FLOATS], t[FLOATS];
#pragma GCC unroll 16
    for (size_t i = 0; i < FLOATS; i++) r[i] = i < rows ? load_words(from + i * of_row, columns) : all_words(0);
#pragma GCC unroll 8
    for (int i = 0; i < FLOATS; i += 2) {
        t[i] = low_ones(r[i], r[i + 1]);
        t[i + 1] = high_ones(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < FLOATS; i += 4) {
        r[i] = low_pairs(t[i], t[i + 2]);
        r[i + 1] = high_pairs(t[i], t[i + 2]);
        r[i + 2] = low_pairs(t[i + 1], t[i + 3]);
        r[i + 3] = high_pairs(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) spread_quarters(r + i, t + i);
#pragma GCC unroll 16
    for (size_t i = 0; i < FLOATS; i++)
        if (i < columns) store_words(to + i * of_column, t[i]);
}
