/** The op reference (docs/ops.md), printed from the op table. */
import { COND_NAMES, FCOND_NAMES, OP_DEFS, OP_NAMES, OPS, VOP_DEFS, type OpDef, type VopKind } from '@wasm-tcg/ir';

function operands(def: OpDef, name: string): string {
  if (name === 'call') return '[d =] helper(a, …)';
  const letters = 'abcdef';
  const outs = def.out.map((_, i) => (def.out.length === 1 ? 'd' : `d${i}`));
  const ins = def.in.map((_, i) => letters[i]!);
  return [...outs, ...ins, ...def.attrs.map((a) => `‹${a}›`)].join(', ');
}

function types(def: OpDef): string {
  const sides = `${def.in.join(' ') || '–'} → ${def.out.join(' ') || '–'}`;
  return def.types.length > 0 ? `${sides}, T: ${def.types.join(' ')}` : sides;
}

function row(name: string, def: OpDef): string {
  const notes = [...def.effects.filter((e) => e !== 'branch'), ...(def.stage === 'core' ? [] : [def.stage])].join(', ');
  return `| \`${name}\` | ${operands(def, name)} | ${types(def)} | ${def.doc.replaceAll('|', '\\|')} | ${notes} |`;
}

const KINDS: readonly VopKind[] = ['unary', 'binary', 'shift', 'test'];

export function opsReference(): string {
  return `# IR ops

Printed from \`packages/ir/src/ops.ts\` by \`npm run filetest -- --ops\`; do not edit. The meaning of an op without effects is
\`packages/ir/src/eval/eval-op.ts\`, that of the others \`eval/eval-tb.ts\`.

Operands stand in the order outputs, inputs, attributes (‹…›). T is the op's type, A the TB's guest address type (i32 narrow, i64
wide). Effects: *terminator* nothing after it is reached but through a label; *mayFault* may leave with a guest fault;
*sideEffect* is not deleted; *exit* leaves the TB; *source* exists only before expansion.

| op | operands | types | meaning | effects |
|---|---|---|---|---|
${OP_NAMES.map((name, i) => row(name, OP_DEFS[i]!)).join('\n')}

## Conditions

Integer (\`brcond\`, \`setcond\`, \`negsetcond\`, \`movcond\`): ${COND_NAMES.map((c) => `\`${c}\``).join(' ')}. Float (\`fsetcond\`): ${FCOND_NAMES.map((c) => `\`${c}\``).join(' ')}.

## Vector operations

Values of ‹vop›, each one Wasm SIMD instruction.

${KINDS.map((kind) => `**v${kind}**: ${VOP_DEFS.filter((d) => d.kind === kind).map((d) => `\`${d.name}\``).join(' ')}`).join('\n\n')}

There are ${Object.keys(OPS).length} ops and ${VOP_DEFS.length} vector operations.
`;
}
