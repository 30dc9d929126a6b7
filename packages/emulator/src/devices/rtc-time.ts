/** Date and time in the registers of an MC146818: encoding, decoding, and when an alarm rings next. Knows no clock. */

/** Cells of the time registers. */
export const RtcCell = {
  seconds: 0, secondsAlarm: 1, minutes: 2, minutesAlarm: 3, hours: 4, hoursAlarm: 5, weekday: 6, day: 7, month: 8, year: 9, century: 0x32,
} as const;

/** How numbers and hours are written: register B. */
export interface RtcFormat {
  readonly binary: boolean;
  readonly hours24: boolean;
}

/** The time registers as cells, for seconds since 1970 (UTC). @param weekdayShift days the guest's weekday is ahead, 0 … 6 */
export function encodeTime(seconds: number, weekdayShift: number, format: RtcFormat): readonly (readonly [cell: number, value: number])[] {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  const number = (value: number): number => encodeNumber(value, format);
  return [
    [RtcCell.seconds, number(date.getUTCSeconds())],
    [RtcCell.minutes, number(date.getUTCMinutes())],
    [RtcCell.hours, encodeHour(date.getUTCHours(), format)],
    [RtcCell.weekday, ((date.getUTCDay() + weekdayShift) % 7) + 1],
    [RtcCell.day, number(date.getUTCDate())],
    [RtcCell.month, number(date.getUTCMonth() + 1)],
    [RtcCell.year, number(((year % 100) + 100) % 100)],
    [RtcCell.century, number(Math.floor(year / 100))],
  ];
}

/** Seconds since 1970 of the time registers. What no calendar has (day 31 of a short month, hour 77) counts on into the next. */
export function decodeTime(cell: (index: number) => number, format: RtcFormat): number {
  const number = (index: number): number => decodeNumber(cell(index), format);
  const date = new Date(0);
  date.setUTCFullYear(number(RtcCell.century) * 100 + number(RtcCell.year), number(RtcCell.month) - 1, number(RtcCell.day));
  date.setUTCHours(decodeHour(cell(RtcCell.hours), format), number(RtcCell.minutes), number(RtcCell.seconds));
  return Math.floor(date.getTime() / 1000);
}

/** How many days the weekday register is ahead of the date's own, 0 … 6. */
export function weekdayShift(weekday: number, seconds: number): number {
  const own = new Date(seconds * 1000).getUTCDay();
  return (((weekday - 1 - own) % 7) + 7) % 7;
}

/** Alarm bytes with the two top bits set match anything. */
const DONT_CARE = 0xc0;

/**
 * The first second after `seconds` (since 1970) at which the alarm cells match, or Infinity when they hold what no time is.
 */
export function nextAlarm(seconds: number, cell: (index: number) => number, format: RtcFormat): number {
  const candidates = (alarm: number, count: number, encode: (value: number) => number): number[] => {
    const wanted = cell(alarm);
    const all = Array.from({ length: count }, (_, value) => value);
    return (wanted & DONT_CARE) === DONT_CARE ? all : all.filter((value) => encode(value) === wanted);
  };
  const hours = candidates(RtcCell.hoursAlarm, 24, (hour) => encodeHour(hour, format));
  const minutes = candidates(RtcCell.minutesAlarm, 60, (value) => encodeNumber(value, format));
  const secs = candidates(RtcCell.secondsAlarm, 60, (value) => encodeNumber(value, format));
  if (hours.length === 0 || minutes.length === 0 || secs.length === 0) return Infinity;

  const DAY = 86_400;
  const from = seconds + 1;
  const midnight = Math.floor(from / DAY) * DAY;
  const second = from - midnight;
  const [hour, minute] = [Math.floor(second / 3600), Math.floor(second / 60) % 60];
  // This minute, then this hour, then today, then tomorrow.
  if (hours.includes(hour)) {
    if (minutes.includes(minute)) {
      const next = secs.find((value) => value >= second % 60);
      if (next !== undefined) return midnight + hour * 3600 + minute * 60 + next;
    }
    const next = minutes.find((value) => value > minute);
    if (next !== undefined) return midnight + hour * 3600 + next * 60 + secs[0];
  }
  const next = hours.find((value) => value > hour);
  return midnight + (next ?? hours[0]) * 3600 + minutes[0] * 60 + secs[0] + (next === undefined ? DAY : 0);
}

const PM = 0x80;

function encodeHour(hour: number, format: RtcFormat): number {
  if (format.hours24) return encodeNumber(hour, format);
  return encodeNumber(((hour + 11) % 12) + 1, format) | (hour >= 12 ? PM : 0);
}

function decodeHour(value: number, format: RtcFormat): number {
  if (format.hours24) return decodeNumber(value, format);
  return (decodeNumber(value & ~PM, format) % 12) + ((value & PM) !== 0 ? 12 : 0);
}

function encodeNumber(value: number, format: RtcFormat): number {
  return format.binary ? value : (Math.floor(value / 10) << 4) | (value % 10);
}

function decodeNumber(value: number, format: RtcFormat): number {
  return format.binary ? value : (value >> 4) * 10 + (value & 15);
}
