/* A binary tree of heap nodes, built, searched, shrunk: pointers, malloc and free, cache and TLB misses. */
#include <stdlib.h>
#include "program.h"

typedef struct node {
  struct node *left, *right;
  uint32_t key, count;
} node;

static node **find(node **place, uint32_t key) {
  while (*place != NULL && (*place)->key != key) place = key < (*place)->key ? &(*place)->left : &(*place)->right;
  return place;
}

static void insert(node **root, uint32_t key) {
  node **place = find(root, key);
  if (*place == NULL) {
    *place = calloc(1, sizeof(node));
    if (*place == NULL) fail("calloc");
    (*place)->key = key;
  }
  (*place)->count++;
}

static void clear(node *tree) {
  if (tree == NULL) return;
  clear(tree->left);
  clear(tree->right);
  free(tree);
}

uint32_t run(uint32_t units) {
  uint32_t random = 17, sum = 0;
  for (uint32_t unit = 0; unit < units * 2; unit++) {
    node *root = NULL;
    for (int i = 0; i < 15000; i++) insert(&root, random32(&random) >> 12);
    for (int i = 0; i < 60000; i++) {
      node *found = *find(&root, random32(&random) >> 12);
      sum = mix(sum, found == NULL ? 1 : found->count + found->key);
    }
    clear(root);
  }
  return sum;
}
