import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { CircleCheck, FileArchive } from "lucide-react";
import { refusal } from "@/api/client";
import { saveZip, zipAddress } from "@/api/desktop";
import { isDesktop } from "@/api/transport";
import { Button } from "@/components/Button";
import { ErrorPanel } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** The saving of a zip; its data is where that lies, null when the user closed the dialog. */
export type ZipSaving = UseMutationResult<string | null, Error, void>;

export const useZipSaving = (runId: string): ZipSaving => useMutation({ mutationFn: () => savedAt(runId) });

/** The run's files in one zip: the window asks where to save it, a browser downloads it. */
export function ZipButton({ runId, saving }: { runId: string; saving: ZipSaving }) {
  if (!isDesktop())
    return (
      <a className="link" href={zipAddress(runId)} download data-testid="export-zip">
        {m.export_zip()}
      </a>
    );
  return (
    <Button
      icon={FileArchive}
      busy={saving.isPending}
      data-testid="export-zip"
      onClick={() => saving.mutate()}
    >
      {m.export_zip_save()}
    </Button>
  );
}

/** Where the zip was saved, or why it was not. */
export function ZipOutcome({ saving }: { saving: ZipSaving }) {
  if (saving.isError) return <ErrorPanel title={m.export_zip_failed()} error={saving.error} />;
  if (!saving.data) return null;
  return (
    <p className="notice notice-done" role="status" data-testid="export-zip-saved">
      <CircleCheck aria-hidden size={14} />
      <span>{m.export_zip_saved({ path: saving.data })}</span>
    </p>
  );
}

async function savedAt(runId: string): Promise<string | null> {
  const saved = await saveZip(m.export_zip_title(), runId);
  switch (saved.kind) {
    case "saved":
      return saved.path;
    case "dismissed":
      return null;
    case "refused":
      throw refusal(saved.status, saved.text);
    case "unwritten":
      throw new Error(m.export_zip_unwritten({ path: saved.path, cause: saved.cause }));
  }
}
