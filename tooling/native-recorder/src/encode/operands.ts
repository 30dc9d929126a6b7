/** Parsing of the operand notation in spec/row.ts. */

/** An operand as a row declares it. */
export interface Operand {
  /** Addressing letter, or `fixed` for a register that the opcode implies. */
  readonly kind: string;
  readonly size: string;
  /** Register number of a fixed operand. */
  readonly register: number;
}

const FIXED: Record<string, readonly [register: number, size: string]> = {
  AL: [0, 'b'], CL: [1, 'b'], AH: [4, 'b'], AX: [0, 'w'], DX: [2, 'w'], rAX: [0, 'v'], rCX: [1, 'v'], rDX: [2, 'v'], rBX: [3, 'v'], 'XMM0': [0, 'dq'], '1': [0, ''],
};

export function parseOperands(args: string): readonly Operand[] {
  return args === '' ? [] : args.split(',').map((text) => {
    const fixed = FIXED[text];
    if (fixed) return { kind: text === 'XMM0' ? 'xmm0' : 'fixed', register: fixed[0], size: fixed[1] };
    return { kind: text[0], size: text.slice(1), register: -1 };
  });
}

/** Width in bits of a size letter under an operand size. */
export function bitsOf(size: string, operandBits: number): number {
  switch (size) {
    case 'b': return 8;
    case 'w': return 16;
    case 'd': return 32;
    case 'q': return 64;
    case 't': return 80;
    case 'dq': return 128;
    case 'z': return Math.min(operandBits, 32);
    default: return operandBits;
  }
}
