import { CircleAlert, CircleCheck, Info, type LucideIcon, RotateCw, TriangleAlert } from "lucide-react";
import { type DoctorDeviceView, type Finding, type FindingLevel, useDoctor } from "@/api/getModels";
import { Button } from "@/components/Button";
import { DeviceMemory } from "@/components/DeviceMemory";
import { ErrorPanel, Skeleton } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said, saidApart } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { findingTitle } from "./doctorTitles";

const LEVELS: Record<FindingLevel, { icon: LucideIcon; text: () => string }> = {
  ok: { icon: CircleCheck, text: () => m.level_ok() },
  info: { icon: Info, text: () => m.level_info() },
  warn: { icon: TriangleAlert, text: () => m.level_warn() },
  error: { icon: CircleAlert, text: () => m.level_error() },
};

const RANK: FindingLevel[] = ["error", "warn", "info", "ok"];

/** What was found on this machine, what is wrong with it, and what to do; the worst first. */
export function Doctor() {
  const doctor = useDoctor();
  const { data, isFetching } = doctor;
  const findings = [...(data?.findings ?? [])].sort((a, b) => RANK.indexOf(a.level) - RANK.indexOf(b.level));
  return (
    <div className="doctor" data-testid="doctor">
      <div className="doctor-head">
        <p role="status" data-testid="doctor-state">
          {isFetching ? m.doctor_looking() : data && summary(data.findings)}
        </p>
        <Button
          small
          icon={RotateCw}
          busy={isFetching}
          onClick={() => doctor.refetch()}
          data-testid="doctor-again"
        >
          {m.doctor_again()}
        </Button>
      </div>
      {doctor.isPending && <Skeleton rows={4} />}
      {doctor.isError && <ErrorPanel title={m.doctor_failed()} error={doctor.error} />}
      {data && (
        <>
          <ul className="findings" aria-label={m.doctor_findings()} data-testid="findings">
            {findings.map((finding) => (
              <FindingRow key={`${finding.code} ${finding.title}`} finding={finding} />
            ))}
          </ul>
          <p className="hint number">{m.doctor_version({ version: data.version, system: data.system })}</p>
        </>
      )}
    </div>
  );
}

function summary(findings: Finding[]): string {
  const count = (level: FindingLevel) => findings.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count("error"), count("warn")];
  if (errors + warnings === 0) return m.doctor_well();
  return [
    errors > 0 ? m.doctor_errors({ count: errors }) : "",
    warnings > 0 ? m.doctor_warnings({ count: warnings }) : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function FindingRow({ finding }: { finding: Finding }) {
  const { level, phrase, detail } = finding;
  const { message, remedy } = saidApart(phrase, { message: detail, remedy: finding.remedy });
  const { icon: Icon, text } = LEVELS[level];
  return (
    <li className={`finding finding-${level}`} data-level={level}>
      <Icon size={16} role="img" aria-label={text()} />
      <div>
        <strong className="breakable">{findingTitle(finding)}</strong>
        <p className="breakable">
          <SaidText said={message} />
        </p>
        {remedy.text && (
          <p className="finding-remedy breakable">
            <SaidText said={remedy} />
          </p>
        )}
      </div>
    </li>
  );
}

/** Where models can compute, whether they do, and why. */
export function DoctorDevices({ devices }: { devices: DoctorDeviceView[] }) {
  return (
    <ul className="devices" data-testid="devices">
      {devices.map((device) => (
        <li key={device.name}>
          <strong>
            {device.description || device.name} <small className="hint">{device.backend}</small>
          </strong>
          <DeviceMemory device={device} />
          <p className="device-why hint breakable" data-used={device.used}>
            <span>{device.used ? m.device_used() : m.device_unused()}</span>{" "}
            <SaidText said={said(device.why_phrase, device.why)} />
          </p>
        </li>
      ))}
    </ul>
  );
}
