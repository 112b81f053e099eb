/** The application's sign: courses of bricks. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" className="mark-ground" />
      <g className="mark-bricks">
        <rect x="6" y="7" width="12" height="5" rx="1.4" />
        <rect x="20" y="7" width="6" height="5" rx="1.4" opacity=".7" />
        <rect x="6" y="13.5" width="6" height="5" rx="1.4" opacity=".7" />
        <rect x="14" y="13.5" width="12" height="5" rx="1.4" />
        <rect x="6" y="20" width="12" height="5" rx="1.4" />
        <rect x="20" y="20" width="6" height="5" rx="1.4" opacity=".7" />
      </g>
    </svg>
  );
}
