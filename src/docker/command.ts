/**
 * The arguments for one flag: none for an absent or empty value, `--name` for true, `--name value` for text, and one pair
 * for each entry of a list.
 */
export function flag(name: string, value: string | boolean | readonly string[] | undefined): string[] {
  if (value === undefined || value === false || value === '') return []
  if (value === true) return [name]
  if (typeof value === 'string') return [name, value]
  return value.flatMap((each) => [name, each])
}
