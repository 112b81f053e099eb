import type { UseQueryResult } from "@tanstack/react-query";
import { FilePlus2, HardDrive, Search } from "lucide-react";
import { useState } from "react";
import { type ModelFileView, type ModelsView, useModelsUsage } from "@/api/models";
import { Button } from "@/components/Button";
import { EmptyState, ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { beginImport, showPart } from "../view";
import { FileTable } from "./FileTable";
import { FoundModels } from "./FoundModels";
import { matches } from "./facts";
import { ModelDialogs, type Opened } from "./ModelDialogs";
import { UsageSection } from "./UsageSection";

/** The model files on this machine: what they are, what they take, and those that other programs hold. */
export function FilesPane({ list }: { list: UseQueryResult<ModelsView> }) {
  const [words, setWords] = useState("");
  const [opened, setOpened] = useState<Opened | null>(null);
  const usage = useModelsUsage();
  const files = list.data?.files ?? [];
  const shown = words.trim() === "" ? files : files.filter((file) => matches(file, words.trim()));
  const rolesOf = (file: ModelFileView) =>
    (list.data?.models ?? [])
      .filter(({ binding }) => binding.path === file.path && !binding.remote)
      .map(({ name }) => name);
  return (
    <>
      <UsageSection usage={usage} />
      <div className="files-bar">
        <label className="search">
          <Search aria-hidden size={15} />
          <input
            type="search"
            value={words}
            placeholder={m.files_filter()}
            aria-label={m.files_filter()}
            data-testid="files-filter"
            onChange={(event) => setWords(event.target.value)}
          />
        </label>
        <span className="hint number" role="status">
          {list.data && m.files_shown({ count: shown.length, shown: String(shown.length) })}
        </span>
        <span className="spacer" />
        <Button icon={FilePlus2} onClick={() => beginImport()} data-testid="import-open">
          {m.import_open()}
        </Button>
      </div>
      {list.isPending && <Skeleton rows={6} />}
      {list.isError && (
        <ErrorPanel title={m.models_failed()} error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.data && files.length === 0 && (
        <EmptyState icon={HardDrive} title={m.no_model_files()} text={m.files_none_here()}>
          <Button look="primary" onClick={() => showPart("get")}>
            {m.models_part_get()}
          </Button>
        </EmptyState>
      )}
      {files.length > 0 && shown.length === 0 && (
        <EmptyState icon={Search} title={m.files_no_match()} text={m.files_no_match_text()}>
          <Button onClick={() => setWords("")}>{m.filters_clear()}</Button>
        </EmptyState>
      )}
      {shown.length > 0 && (
        <FileTable
          // Another filter begins at the first page again.
          key={words.trim()}
          files={shown}
          usage={usage.data}
          rolesOf={rolesOf}
          onOpen={(kind, file) => setOpened({ kind, id: file.id })}
        />
      )}
      <FoundModels />
      <ModelDialogs
        opened={opened}
        files={files}
        usage={usage.data}
        rolesOf={rolesOf}
        onOpen={setOpened}
        onClose={() => setOpened(null)}
      />
    </>
  );
}
