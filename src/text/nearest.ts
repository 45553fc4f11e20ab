/**
 * The known word that is most like another one, for an error message: at most a third of its letters differ.
 *
 * @returns undefined where none is near
 * @see https://en.wikipedia.org/wiki/Levenshtein_distance
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const distance = differences(word.toLowerCase(), name.toLowerCase())
    if (distance < (best?.distance ?? 1 + Math.max(1, Math.ceil(name.length / 3)))) best = { name, distance }
  }
  return best?.name
}

/** `; did you mean "platforms"?`, or the known words where none is near. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? `; known are ${known.join(', ')}` : `; did you mean "${near}"?`
}

function differences(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed))
    }
    row = next
  }
  return row[b.length] ?? 0
}
