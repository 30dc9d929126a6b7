/* A byte-wise LZ77 compressor with a hash table, and its decompressor: table look-ups, short copies, data-dependent branches. */
#include <string.h>
#include "program.h"

#define BYTES (256 << 10)
#define HASH_BITS 14
#define MIN_MATCH 4
#define MAX_MATCH 130
#define WINDOW 65535

static uint8_t input[BYTES], packed[2 * BYTES], output[BYTES];

static uint32_t word_at(const uint8_t *p) {
  uint32_t value;
  memcpy(&value, p, 4);
  return value;
}

/* Text-like: words of a small vocabulary, chosen with a preference for some. */
static void make_input(void) {
  uint32_t random = 7;
  for (size_t at = 0; at < BYTES;) {
    uint32_t r = random32(&random);
    uint32_t word = (r & 0xff) * ((r >> 8) & 0xff) >> 8;
    uint32_t seed = word * 2654435761u + 1;
    for (uint32_t i = 0; i < 2 + word % 7 && at < BYTES; i++) input[at++] = (uint8_t)('a' + random32(&seed) % 26);
    if (at < BYTES) input[at++] = ' ';
  }
}

/* A literal run is a byte below 0x80, its length less 1; a match a byte from 0x80 on, its length less MIN_MATCH, then the distance. */
static size_t compress(void) {
  static uint32_t table[1 << HASH_BITS];
  memset(table, 0, sizeof table);
  size_t out = 0, literals = 0;
  size_t i = 0;
  while (i < BYTES) {
    size_t length = 0, candidate = 0;
    if (i + MIN_MATCH <= BYTES) {
      uint32_t *slot = &table[word_at(input + i) * 2654435761u >> (32 - HASH_BITS)];
      candidate = *slot;
      *slot = (uint32_t)i;
      if (candidate < i && i - candidate <= WINDOW) {
        while (length < MAX_MATCH && i + length < BYTES && input[candidate + length] == input[i + length]) length++;
      }
    }
    if (length >= MIN_MATCH) {
      size_t distance = i - candidate;
      packed[out++] = (uint8_t)(0x80 | (length - MIN_MATCH));
      packed[out++] = (uint8_t)distance;
      packed[out++] = (uint8_t)(distance >> 8);
      i += length;
      literals = 0;
    } else {
      if (literals == 0 || literals == 128) {
        packed[out++] = 0;
        literals = 1;
      } else {
        packed[out - literals - 1] = (uint8_t)literals;
        literals++;
      }
      packed[out++] = input[i++];
    }
  }
  return out;
}

static void decompress(size_t size) {
  size_t out = 0;
  for (size_t i = 0; i < size;) {
    uint8_t token = packed[i++];
    if (token < 0x80) {
      for (int n = token + 1; n > 0; n--) output[out++] = packed[i++];
    } else {
      size_t distance = packed[i] | (size_t)packed[i + 1] << 8;
      i += 2;
      for (int n = (token & 0x7f) + MIN_MATCH; n > 0; n--, out++) output[out] = output[out - distance];
    }
  }
}

uint32_t run(uint32_t units) {
  make_input();
  uint32_t sum = 0;
  for (uint32_t unit = 0; unit < units * 7; unit++) {
    input[unit % BYTES] ^= 1;
    size_t size = compress();
    decompress(size);
    if (memcmp(input, output, BYTES) != 0) fail("lz: output differs");
    sum = mix(sum, (uint32_t)size);
  }
  return sum;
}
