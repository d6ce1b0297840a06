/**
 * One question to one answer. Pure.
 *
 *   AN1  A name that does not exist is NXDOMAIN with the zone's SOA; one that exists without such a record is NOERROR
 *        with the SOA.
 *   AN2  A CNAME is followed inside the cluster; outside only the CNAME is given.
 *   AN3  Names outside the cluster do not exist (NXDOMAIN): the lab has no outside.
 *   AN4  Records of one name are rotated from answer to answer, so clients that take the first share the load.
 *   AN5  SRV answers carry the targets' addresses in the additional section.
 *   AN6  Only class IN and standard queries with one question; else NOTIMP or FORMERR.
 */
import type { Random } from '../../../base/random.ts'
import type { ClusterZone, DnsRecord } from '../zones/cluster-zone.ts'

export interface Question {
  readonly name: string
  readonly type: string
  readonly class: string
}

export interface AnswerRecord {
  readonly name: string
  readonly record: DnsRecord
}

export type ResponseCode = 'NOERROR' | 'NXDOMAIN' | 'NOTIMP' | 'FORMERR' | 'SERVFAIL'

export interface Answer {
  readonly code: ResponseCode
  readonly isAuthoritative: boolean
  readonly answers: readonly AnswerRecord[]
  readonly additionals: readonly AnswerRecord[]
  /** The zone's SOA belongs into the authority section. */
  readonly withSoa: boolean
}

const longestChain = 8

export function answerQuestion(question: Question, zone: ClusterZone, random: Random): Answer {
  if (question.class !== 'IN' && question.class !== 'ANY') return refuse('NOTIMP') // AN6
  if (!zone.covers(question.name)) return { code: 'NXDOMAIN', isAuthoritative: false, answers: [], additionals: [], withSoa: false } // AN3
  const answers: AnswerRecord[] = []
  let name = question.name
  for (let hop = 0; hop < longestChain; hop++) {
    const found = zone.lookup(name)
    if (!found.exists) return { code: answers.length === 0 ? 'NXDOMAIN' : 'NOERROR', isAuthoritative: true, answers, additionals: [], withSoa: answers.length === 0 } // AN1
    const wanted = found.records.filter(record => record.type === question.type || question.type === 'ANY')
    if (wanted.length > 0) {
      for (const record of rotate(wanted, random)) answers.push({ name, record }) // AN4
      return { code: 'NOERROR', isAuthoritative: true, answers, additionals: glue(wanted, zone), withSoa: false }
    }
    const alias = found.records.find(record => record.type === 'CNAME')
    if (alias === undefined) return { code: 'NOERROR', isAuthoritative: true, answers, additionals: [], withSoa: true } // AN1
    answers.push({ name, record: alias })
    if (!zone.covers(alias.target)) break // AN2
    name = alias.target
  }
  return { code: 'NOERROR', isAuthoritative: true, answers, additionals: [], withSoa: false }
}

export function refuse(code: ResponseCode): Answer {
  return { code, isAuthoritative: false, answers: [], additionals: [], withSoa: false }
}

function rotate(records: readonly DnsRecord[], random: Random): DnsRecord[] {
  const start = Math.floor(random.next() * records.length)
  return [...records.slice(start), ...records.slice(0, start)]
}

/** AN5 */
function glue(records: readonly DnsRecord[], zone: ClusterZone): AnswerRecord[] {
  return records.flatMap(record => {
    if (record.type !== 'SRV') return []
    const target = zone.lookup(record.target)
    return target.exists ? target.records.filter(entry => entry.type === 'A' || entry.type === 'AAAA').map(entry => ({ name: record.target, record: entry })) : []
  })
}
