/** Reading module dependencies, and the order that follows. */
import { describe, expect, it } from 'vitest';
import { GuestImageError } from '../src/errors.ts';
import { dependenciesOf, loadOrder, readModinfo } from '../src/modules.ts';
import { moduleOf } from './deb-fixture.ts';

describe('modinfo', () => {
  it.each([32, 64] as const)('is read from %i-bit modules', (bits) => {
    const module = moduleOf(['license=GPL', 'depends=virtio,virtio-ring', 'vermagic=6.1 a=b'], bits);
    expect(Object.fromEntries(readModinfo(module))).toEqual({ license: 'GPL', depends: 'virtio,virtio-ring', vermagic: '6.1 a=b' });
    expect(dependenciesOf(module)).toEqual(['virtio', 'virtio_ring']);
  });
  it('may say that there are none', () => {
    expect(dependenciesOf(moduleOf(['depends=']))).toEqual([]);
  });
  const module = moduleOf(['depends=']);
  const damage: [what: string, bytes: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('#!/bin/sh and some more text so that it is long enough for a header')],
    ['a cut module', module.subarray(0, 100)],
  ];
  it.each(damage)('refuses %s', (_what, bytes) => {
    expect(() => readModinfo(bytes)).toThrow(GuestImageError);
  });
});

describe('load order', () => {
  const dependencies = new Map([['ring', []], ['virtio', []], ['pci', ['ring', 'virtio']], ['blk_dev', ['pci']]]);
  it('puts dependencies first, each once, whichever way names are spelt', () => {
    expect(loadOrder(['blk-dev', 'pci'], dependencies)).toEqual(['ring', 'virtio', 'pci', 'blk_dev']);
  });
  it('names a module that is not there', () => {
    expect(() => loadOrder(['net'], dependencies)).toThrow(/no module net/);
  });
  it('refuses a circle', () => {
    expect(() => loadOrder(['a'], new Map([['a', ['b']], ['b', ['a']]]))).toThrow(/a → b → a/);
  });
});
