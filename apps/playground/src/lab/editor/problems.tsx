import type { JSX } from 'preact';
import type { SourceProblem } from '../protocol.ts';

/** Problems that are listed; the rest is a number. */
const LISTED = 3;

/** What is wrong with the program, as text; each leads to its line. */
export function Problems({ problems, onGo }: { readonly problems: readonly SourceProblem[]; readonly onGo: (line: number) => void }): JSX.Element | null {
  if (problems.length === 0) return null;
  return (
    <ul class="problems" aria-label="Problems">
      {problems.slice(0, LISTED).map(({ line, message }, i) => (
        <li key={i}>
          <button onClick={() => onGo(line)}>Line {line}</button> {message}
        </li>
      ))}
      {problems.length > LISTED ? <li class="muted">and {problems.length - LISTED} more</li> : null}
    </ul>
  );
}
