/* Quicksort through a comparison function: indirect calls, recursion, loads and stores that depend on data. */
#include "program.h"

#define COUNT 40000

typedef int (*compare_function)(const uint32_t *, const uint32_t *);

static int by_value(const uint32_t *a, const uint32_t *b) { return *a < *b ? -1 : *a > *b; }
static int by_low_half(const uint32_t *a, const uint32_t *b) {
  uint32_t left = *a & 0xffff, right = *b & 0xffff;
  return left != right ? (left < right ? -1 : 1) : by_value(a, b);
}

static void sort(uint32_t *values, int count, compare_function compare) {
  while (count > 1) {
    uint32_t pivot = values[count / 2];
    int i = 0, j = count - 1;
    while (i <= j) {
      while (compare(&values[i], &pivot) < 0) i++;
      while (compare(&values[j], &pivot) > 0) j--;
      if (i <= j) {
        uint32_t value = values[i];
        values[i++] = values[j];
        values[j--] = value;
      }
    }
    sort(values, j + 1, compare);
    values += i;
    count -= i;
  }
}

uint32_t run(uint32_t units) {
  static uint32_t values[COUNT];
  static compare_function const orders[] = { by_value, by_low_half };
  uint32_t random = 3, sum = 0;
  for (uint32_t unit = 0; unit < units * 3; unit++) {
    for (int i = 0; i < COUNT; i++) values[i] = random32(&random);
    sort(values, COUNT, orders[unit & 1]);
    for (int i = 0; i < COUNT; i += 97) sum = mix(sum, values[i]);
  }
  return sum;
}
