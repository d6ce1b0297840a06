/**
 * Which queues a flow may use. Every flow is dealt a small hand of queues by its hash, so that two flows rarely share
 * all of theirs: a flow that fills its own hand leaves most others a queue it is not in.
 *
 *   SH1  The hand depends on the schema's name and the flow's distinguisher only.
 *   SH2  The queues of a hand differ from one another.
 */
import { createHash } from 'node:crypto'

export function dealHand(schemaName: string, distinguisher: string, queues: number, handSize: number): readonly number[] {
  let left = createHash('sha256').update(`${schemaName},${distinguisher}`).digest().readBigUInt64LE(0)
  const hand: number[] = []
  for (let dealt = 0; dealt < handSize; dealt++) {
    const among = BigInt(queues - dealt)
    let card = Number(left % among)
    left /= among
    for (const before of [...hand].sort((a, b) => a - b)) if (before <= card) card += 1 // SH2: the nth of those not yet dealt
    hand.push(card)
  }
  return hand
}
