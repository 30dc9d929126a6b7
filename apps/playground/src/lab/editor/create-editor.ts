/** CodeMirror as the Lab uses it. Loaded when the editor is first shown. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import type { AssembledLine, Program, SourceProblem } from '../protocol.ts';
import { marks, setBytes, setMarks, type Marks } from './marks.ts';
import { x86Language } from './x86-language.ts';

export interface EditorEvents {
  onEdit(text: string): void;
  /** Line under the mouse, or that the caret went to, from 1; undefined: the mouse left. */
  onPoint(line: number | undefined): void;
  onCaret(line: number): void;
  /** Show the code of this line in the panes. */
  onList(line: number): void;
}

export interface Editor {
  /** Another program: replaces the text, unless it is what is there. */
  setSource(program: Pick<Program, 'text' | 'syntax'>): void;
  setProblems(problems: readonly SourceProblem[]): void;
  setLines(lines: readonly AssembledLine[]): void;
  setMarks(marks: Marks): void;
  reveal(line: number): void;
  /** Put the caret at the beginning of a line. */
  goTo(line: number): void;
  destroy(): void;
}

/** Problems that are marked: a source of nonsense has one on each line. */
const MAX_MARKED = 200;

export function createEditor(parent: HTMLElement, source: Pick<Program, 'text' | 'syntax'>, events: EditorEvents): Editor {
  const language = new Compartment();
  let { syntax } = source;
  const caretLine = (state: EditorState): number => state.doc.lineAt(state.selection.main.head).number;
  const extensions = [
    lintGutter(),
    lineNumbers(),
    marks,
    history(),
    highlightSpecialChars(),
    drawSelection(),
    language.of(x86Language(syntax)),
    keymap.of([
      { key: 'Mod-Enter', run: (view) => (events.onList(caretLine(view.state)), true) },
      ...defaultKeymap,
      ...historyKeymap,
    ]),
    EditorView.contentAttributes.of({ 'aria-label': 'Program', tabindex: '0', spellcheck: 'false', autocapitalize: 'off' }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) events.onEdit(update.state.doc.toString());
      if (update.selectionSet && update.view.hasFocus) events.onCaret(caretLine(update.state));
    }),
    EditorView.domEventHandlers({
      mousemove: (event, view) => {
        const pos = view.posAtCoords({ x: event.clientX, y: event.clientY });
        events.onPoint(pos === null ? undefined : view.state.doc.lineAt(pos).number);
      },
      mouseleave: () => events.onPoint(undefined),
    }),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ doc: source.text, extensions }) });
  const setSyntax = (): void => view.dispatch({ effects: language.reconfigure(x86Language(syntax)) });
  return {
    setSource(program) {
      const changed = program.syntax !== syntax;
      ({ syntax } = program);
      // A new state, since undoing does not lead from one program to another.
      if (program.text !== view.state.doc.toString()) view.setState(EditorState.create({ doc: program.text, extensions }));
      else if (!changed) return;
      setSyntax();
    },
    setProblems(problems) {
      view.dispatch(setDiagnostics(view.state, problems.slice(0, MAX_MARKED).flatMap((problem) => diagnostic(view.state, problem))));
    },
    setLines(lines) {
      view.dispatch({ effects: setBytes.of(lines) });
    },
    setMarks(wanted) {
      view.dispatch({ effects: setMarks.of(wanted) });
    },
    reveal(line) {
      if (line >= 1 && line <= view.state.doc.lines) view.dispatch({ effects: EditorView.scrollIntoView(view.state.doc.line(line).from, { y: 'nearest', yMargin: 24 }) });
    },
    goTo(line) {
      if (line >= 1 && line <= view.state.doc.lines) view.dispatch({ selection: { anchor: view.state.doc.line(line).from }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

/** None for a problem in a line that has been deleted meanwhile. */
function diagnostic(state: EditorState, { line, from = 0, to, message }: SourceProblem): Diagnostic[] {
  if (line < 1 || line > state.doc.lines) return [];
  const { from: start, to: end, length } = state.doc.line(line);
  const first = Math.min(start + from, end);
  return [{ from: first, to: to === undefined ? end : Math.max(first, Math.min(start + to, start + length)), severity: 'error', message }];
}
