/** The output of the guest script, cut into the sections its marker lines name. */

export const MARKER = '@@boot-check';

export interface Section {
  readonly name: string;
  /** Without line ends, carriage returns and control sequences. */
  readonly lines: readonly string[];
  /** `name=value` lines. */
  readonly values: ReadonlyMap<string, string>;
  /** Exit status of the script's part; undefined when its end never came. */
  readonly status: number | undefined;
  /** Offsets into the console's text: where the part began and ended. */
  readonly begin: number;
  readonly end: number;
}

const BEGIN = new RegExp(`^${MARKER} begin (\\S+)`);
/** A part may leave its last line unended. */
const END = new RegExp(`^(.*)${MARKER} end (\\S+) (\\d+)$`);
// oxlint-disable-next-line no-control-regex -- terminals are told things by ESC
const CONTROL_SEQUENCES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** @param text the console from the start of the script on, or from anywhere before */
export function parseSections(text: string): readonly Section[] {
  const sections: Section[] = [];
  let open: { name: string; begin: number; lines: string[] } | undefined;
  let offset = 0;
  const close = (end: number, status: number | undefined): void => {
    if (open === undefined) return;
    sections.push({ ...open, values: valuesOf(open.lines), status, end });
    open = undefined;
  };
  for (const raw of text.split('\n')) {
    const line = cleanLine(raw);
    const begins = BEGIN.exec(line);
    const ends = END.exec(line);
    if (begins !== null) {
      close(offset, undefined);
      open = { name: begins[1], begin: offset, lines: [] };
    } else if (ends !== null && ends[2] === open?.name) {
      if (ends[1] !== '') open.lines.push(ends[1]);
      close(offset, Number(ends[3]));
    } else {
      open?.lines.push(line);
    }
    offset += raw.length + 1;
  }
  close(offset, undefined);
  return sections;
}

const cleanLine = (raw: string): string => raw.replace(CONTROL_SEQUENCES, '').replace(/\r/g, '');

function valuesOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf('=');
    if (equals > 0) values.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return values;
}
