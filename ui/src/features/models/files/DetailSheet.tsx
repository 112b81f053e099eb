import { CircleX, PencilLine, ShieldCheck, ShieldQuestion, Trash2 } from "lucide-react";
import { type ModelFileView, type ModelUsageView, useModelDetail } from "@/api/models";
import { Button } from "@/components/Button";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel, Skeleton } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { ChecksumPart, FactsPart, HeaderPart, TemplatePart } from "./DetailParts";
import type { DialogKind } from "./ModelDialogs";
import { useVerify } from "./useVerify";

interface DetailSheetProps {
  file: ModelFileView;
  about: ModelUsageView | undefined;
  onOpen: (kind: DialogKind) => void;
  onClose: () => void;
}

/** Everything that is known of one model. */
export function DetailSheet({ file, about, onOpen, onClose }: DetailSheetProps) {
  const detail = useModelDetail(file.id);
  const verify = useVerify();
  return (
    <Sheet
      open
      onClose={onClose}
      title={file.id}
      text={file.name ?? undefined}
      footer={
        <>
          <Button icon={ShieldCheck} onClick={() => verify(file.id)} data-testid="detail-verify">
            {m.file_verify()}
          </Button>
          {about?.checked === "changed" && (
            <Button icon={ShieldQuestion} onClick={() => onOpen("accept")}>
              {m.file_accept_open()}
            </Button>
          )}
          <Button icon={PencilLine} onClick={() => onOpen("rename")}>
            {m.model_rename_open()}
          </Button>
          <span className="spacer" />
          <Button look="danger" icon={Trash2} onClick={() => onOpen("remove")}>
            {m.model_remove_open()}
          </Button>
        </>
      }
    >
      {file.problem && (
        <p className="notice notice-error">
          <CircleX aria-hidden size={14} />{" "}
          <span className="breakable">
            <SaidText said={said(file.problem_phrase, file.problem)} />
          </span>
        </p>
      )}
      {detail.isPending && <Skeleton rows={8} />}
      {detail.isError && (
        <ErrorPanel
          title={m.detail_failed({ name: file.id })}
          error={detail.error}
          onRetry={() => detail.refetch()}
        />
      )}
      {detail.data && (
        <div className="detail" data-testid="model-detail">
          <FactsPart detail={detail.data} />
          <ChecksumPart about={about} />
          <HeaderPart detail={detail.data} />
          <TemplatePart detail={detail.data} />
        </div>
      )}
    </Sheet>
  );
}
