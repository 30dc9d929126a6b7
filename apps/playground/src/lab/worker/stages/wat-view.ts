/**
 * A module as text, by wasm-tools' printer, each line with the guest instruction that it comes from.
 *
 * The printer writes one instruction per line. In a function (from a line `(func` that is not closed there to the parenthesis that closes it) every line is one that does not begin
 * with a parenthesis: `(local …)` declares, and the last `end` is the closing parenthesis. So line n is instruction n of `CodeModule.functions`.
 */
import type { CodeLine, CodeModule } from '@wasm-tcg/emulator';
import type { WatView } from '../../protocol.ts';
import { LabError } from '../lab-error.ts';

const NONE = { block: -1, insn: -1 } as const;

/** @throws LabError `wasm-tools` */
export async function viewWat({ bytes, functions, origins }: CodeModule): Promise<WatView> {
  return { lines: watLines(await printed(bytes), { functions, origins }), bytes: bytes.length };
}

async function printed(bytes: Uint8Array): Promise<string> {
  try {
    // Loaded when it is first wanted: it is a megabyte.
    const { print } = await import('@bytecodealliance/jco-transpile/wasm-tools');
    return await print(bytes);
  } catch (error) {
    throw new LabError('wasm-tools', 'The WebAssembly printer could not be loaded', 'Check the connection, then open the pane again.', { cause: error });
  }
}

export function watLines(text: string, { functions, origins }: Pick<CodeModule, 'functions' | 'origins'>): CodeLine[] {
  let current = -1;
  let inFunction = false;
  let instruction = 0;
  return text.trimEnd().split('\n').map((line) => {
    const code = line.trimStart();
    if (inFunction && code.startsWith(')')) inFunction = false;
    else if (inFunction && !code.startsWith('(')) {
      const origin = origins[functions[current]?.[instruction++] ?? -1] ?? NONE;
      return { text: line, block: origin.block, insn: origin.insn };
    } else if (!inFunction && code.startsWith('(func ')) {
      inFunction = !closed(code);
      current++;
      instruction = 0;
    }
    return { text: line, ...NONE };
  });
}

/** As many parentheses close as open. */
function closed(line: string): boolean {
  return line.split('(').length === line.split(')').length;
}
