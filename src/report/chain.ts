import type { Step } from '../docker/progress.ts'

/** A step that takes the results of others. */
export interface Link {
  readonly parts: readonly Step[]
  /** How long it ran in all, in milliseconds. */
  readonly busy: number
}

/**
 * The chain of steps, each with the result of the one before, that took longest in all. (Not the one that ended last: a step
 * from the cache ends when somebody asks for it.)
 *
 * @param ends where the chain may end
 */
export function longestChain<Node extends Link>(all: readonly Node[], ends: readonly Node[]): ReadonlySet<Node> {
  const byDigest = new Map(all.flatMap((node) => node.parts.map(({ digest }) => [digest, node] as const)))
  const inputsOf = ({ parts }: Node) => parts.flatMap(({ inputs = [] }) => inputs).flatMap((digest) => byDigest.get(digest) ?? [])
  const chains = new Map<Node, { readonly length: number; readonly through: Node | undefined }>()
  const entered = new Set<Node>()
  // Without recursion: a chain can be longer than the stack is deep.
  const open = [...all]
  for (let node = open.at(-1); node; node = open.at(-1)) {
    const own = node
    const inputs = inputsOf(own).filter((input) => input !== own)
    const ahead = entered.has(own) ? [] : inputs.filter((input) => !entered.has(input))
    entered.add(own)
    open.push(...ahead)
    if (ahead.length > 0) continue
    open.pop()
    if (chains.has(own)) continue
    const through = longest(
      inputs.filter((input) => chains.has(input)),
      (input) => chains.get(input)?.length ?? 0,
    )
    chains.set(own, { length: own.busy + (through ? (chains.get(through)?.length ?? 0) : 0), through })
  }
  const chain = new Set<Node>()
  let next = longest(ends, (node) => chains.get(node)?.length ?? 0)
  for (; next; next = chains.get(next)?.through) chain.add(next)
  return chain
}

function longest<Node>(nodes: readonly Node[], length: (node: Node) => number): Node | undefined {
  return nodes.reduce<Node | undefined>((best, node) => (length(node) > (best ? length(best) : 0) ? node : best), undefined)
}
