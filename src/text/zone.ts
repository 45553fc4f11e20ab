/** A moment as a clock on the wall shows it somewhere. */
export interface Local {
  readonly instant: Date
  /** What the clock shows, in the UTC fields. */
  readonly wall: Date
  /** Minutes ahead of UTC. */
  readonly offset: number
  readonly zone: string
}

const UTC = /^(?:UTC|GMT|Z)$/i

/**
 * What the clocks of a time zone show, from the runtime's own data of time zones.
 *
 * @param zone a name such as `Asia/Shanghai`, `UTC`, or an offset such as `UTC+8` and `+05:30`
 * @throws Error when there is no such zone
 */
export function inZone(instant: Date, zone: string): Local {
  const offset = fixedOffset(zone) ?? offsetOf(instant, zone)
  return { instant, wall: new Date(instant.getTime() + offset * 60_000), offset, zone }
}

/** Throws an Error when there is no such time zone. */
export function checkZone(zone: string): void {
  inZone(new Date(0), zone)
}

/** The short name of the zone at that time: `UTC`, `EDT`, `GMT+9`. */
export function zoneName({ instant, zone, offset }: Local): string {
  if (UTC.test(zone)) return 'UTC'
  if (fixedOffset(zone) !== undefined) return offsetText(offset, ':')
  return zoneParts(instant, zone, { timeZoneName: 'short' }).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** `+08:00`, with what stands between hours and minutes. */
export function offsetText(offset: number, between: string): string {
  const minutes = Math.abs(offset)
  const pair = [Math.floor(minutes / 60), minutes % 60].map((each) => String(each).padStart(2, '0'))
  return `${offset < 0 ? '-' : '+'}${pair.join(between)}`
}

function fixedOffset(zone: string): number | undefined {
  if (UTC.test(zone)) return 0
  const [, sign, hours, minutes = '0'] = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(zone) ?? []
  if (hours === undefined || Number(hours) > 14 || Number(minutes) > 59) return undefined
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function offsetOf(instant: Date, zone: string): number {
  const fields = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  const options = Object.fromEntries(fields.map((field) => [field, 'numeric'])) as Intl.DateTimeFormatOptions
  const parts = zoneParts(instant, zone, { ...options, hourCycle: 'h23' })
  const [year = 0, month = 1, ...rest] = fields.map((field) => Number(parts.find(({ type }) => type === field)?.value))
  const wall = Date.UTC(year, month - 1, ...rest)
  return Math.round((wall - Math.floor(instant.getTime() / 1000) * 1000) / 60_000)
}

function zoneParts(instant: Date, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatPart[] {
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone }).formatToParts(instant)
  } catch (cause) {
    throw new Error(`"${zone}" is not a time zone; write it as Asia/Shanghai, UTC, or UTC+8`, { cause })
  }
}
