import { FileCode2 } from "lucide-react";
import { Fragment, useMemo } from "react";
import type { Artifact } from "@/api/types";
import { CodeView } from "@/components/CodeView";
import { CopyButton } from "@/components/CopyButton";
import { formatCount } from "@/components/format";
import { plainText } from "@/components/hiddenCharacters";
import { SyntaxMark } from "@/components/SyntaxMark";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { readPieces } from "./readPieces";

interface ReadViewProps {
  text: string;
  stepName: string;
  label: string;
  /** The files that the router found in the text, with what is known of them. */
  artifacts: Artifact[];
}

/** The output as one reads it: paragraphs and headings, with each block of code as a card. Everything stays text; no markup is made of it. */
export function ReadView({ text, stepName, label, artifacts }: ReadViewProps) {
  const pieces = useMemo(() => readPieces(stepName, text), [stepName, text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section className="read" aria-label={label} tabIndex={0} data-testid="step-read">
      {pieces.map((piece, index) =>
        piece.kind === "code" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place in the text.
          <figure key={index} className="read-code">
            <figcaption>
              <FileCode2 aria-hidden size={14} />
              <span className="file-name">
                <VisibleText text={piece.file.name} />
              </span>
              <SyntaxMark report={syntaxOf(piece.file, artifacts)} />
              <span className="file-lines">
                {m.lines_short({ count: formatCount(piece.file.content.split("\n").length - 1) })}
              </span>
              <CopyButton
                text={piece.file.content}
                label={m.copy_file({ name: plainText(piece.file.name) })}
              />
            </figcaption>
            <CodeView type={piece.file.type} content={piece.file.content} label={piece.file.name} />
          </figure>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above.
          <Fragment key={index}>
            {piece.kind === "heading" ? (
              <h3>
                <VisibleText text={piece.text} />
              </h3>
            ) : (
              <p className={piece.kind === "item" ? "read-item" : undefined}>
                <Strong text={piece.text} />
              </p>
            )}
          </Fragment>
        ),
      )}
    </section>
  );
}

/** What is known of the file that a block became; the user may have changed it since. */
function syntaxOf(block: Artifact, artifacts: Artifact[]) {
  const same = artifacts.find((one) => one.content.trim() === block.content.trim());
  return same?.syntax;
}

/** A paragraph in which `**words**` are strong and `` `words` `` are code. */
function Strong({ text }: { text: string }) {
  return text.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`)/).map((part, index) => {
    const key = `${index} ${part.length}`;
    if (part.startsWith("**") && part.endsWith("**") && part.length > 4)
      return (
        <strong key={key}>
          <VisibleText text={part.slice(2, -2)} />
        </strong>
      );
    if (part.startsWith("`") && part.endsWith("`") && part.length > 2)
      return (
        <code key={key}>
          <VisibleText text={part.slice(1, -1)} />
        </code>
      );
    return <VisibleText key={key} text={part} />;
  });
}
