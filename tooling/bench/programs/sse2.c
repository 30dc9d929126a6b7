/* Packed SSE2: integers (add, multiply, compare, shuffle, shift, pack) and doubles, over an array. */
#include <emmintrin.h>
#include <string.h>
#include "program.h"

#define VECTORS 2048

uint32_t run(uint32_t units) {
  static __m128i integers[VECTORS];
  static __m128d doubles[VECTORS];
  uint32_t random = 5;
  for (int i = 0; i < VECTORS; i++) {
    integers[i] = _mm_set_epi32((int)random32(&random), (int)random32(&random), (int)random32(&random), (int)random32(&random));
    doubles[i] = _mm_set_pd(random32(&random) % 1000, random32(&random) % 1000);
  }
  __m128i sum = _mm_setzero_si128();
  __m128d total = _mm_setzero_pd();
  const __m128d half = _mm_set1_pd(0.5);
  for (uint32_t pass = 0; pass < units * 600; pass++) {
    for (int i = 0; i < VECTORS; i++) {
      __m128i v = integers[i];
      __m128i product = _mm_mul_epu32(v, _mm_srli_epi64(v, 32));
      __m128i larger = _mm_cmpgt_epi32(v, sum);
      __m128i mixed = _mm_xor_si128(_mm_and_si128(larger, product), _mm_shuffle_epi32(v, 0x4b));
      sum = _mm_add_epi32(sum, _mm_unpacklo_epi16(mixed, _mm_slli_epi16(v, 3)));
      integers[i] = _mm_add_epi8(v, _mm_packs_epi32(mixed, product));
      __m128d d = doubles[i];
      total = _mm_add_pd(_mm_mul_pd(total, half), d);
      doubles[i] = _mm_sqrt_pd(_mm_add_pd(_mm_mul_pd(d, d), half));
    }
  }
  uint32_t words[4], bits[4];
  _mm_storeu_si128((__m128i *)words, sum);
  memcpy(bits, &total, sizeof bits);
  uint32_t checksum = 0;
  for (int i = 0; i < 4; i++) checksum = mix(mix(checksum, words[i]), bits[i]);
  return checksum;
}
