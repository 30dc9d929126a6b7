import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ErrorNotice } from '../../ui/notice.tsx';
import type { LabController } from '../controller.ts';
import { lineOfPlace, placeOfLine } from '../stages/linking.ts';
import type { Editor } from './create-editor.ts';
import { Problems } from './problems.tsx';
import './editor.css';

/** The source, tied to the machine and the panes. */
export function EditorPane({ lab }: { readonly lab: LabController }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const editor = useSignal<Editor | undefined>(undefined);
  const failed = useSignal<unknown>(undefined);

  useEffect(() => {
    let gone = false;
    const load = async (): Promise<void> => {
      const { createEditor } = await import('./create-editor.ts');
      if (gone || host.current === null) return;
      editor.value = createEditor(host.current, lab.program.peek(), {
        onEdit: (text) => lab.edit({ text }),
        onPoint: (line) => lab.linking.point(line === undefined ? undefined : placeOfLine(lab.listing.peek(), line)),
        onCaret: (line) => {
          const place = placeOfLine(lab.listing.peek(), line);
          if (place === undefined) lab.linking.point(undefined);
          else lab.linking.visit(place, 'editor');
        },
        onList: (line) => {
          const pc = lab.assembled.peek()?.lines.find((each) => each.line === line && each.bytes.length > 0)?.pc;
          if (pc !== undefined) lab.listAt(BigInt(pc));
        },
      });
    };
    load().catch((error: unknown) => {
      failed.value = error;
    });
    return () => {
      gone = true;
      editor.peek()?.destroy();
    };
  }, [lab, editor, failed]);

  useSignalEffect(() => editor.value?.setSource(lab.program.value));
  useSignalEffect(() => {
    const assembled = lab.assembled.value;
    editor.value?.setLines(assembled?.lines ?? []);
    editor.value?.setProblems(assembled?.problems ?? []);
  });
  useSignalEffect(() => editor.value?.setMarks({ machine: lab.at.value?.line, linked: lab.linkedLine.value }));
  useSignalEffect(() => {
    const at = lab.at.value;
    // At its first instruction it is while people type, too, who look elsewhere.
    if (at?.line !== undefined && at.status !== 'ready') editor.value?.reveal(at.line);
  });
  useSignalEffect(() => {
    const reveal = lab.linking.reveal.value;
    const line = reveal === undefined || reveal.by === 'editor' ? undefined : lineOfPlace(lab.listing.peek(), reveal.place);
    if (line !== undefined) editor.value?.reveal(line);
  });

  return (
    <>
      {failed.value === undefined ? null : <ErrorNotice error={failed.value} />}
      <div class="lab-editor" ref={host} data-testid="lab-editor" />
      <Problems problems={lab.problems.value} onGo={(line) => editor.value?.goTo(line)} />
    </>
  );
}
