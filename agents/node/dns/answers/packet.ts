/**
 * Questions and answers in DNS' wire form, through the dns-packet library.
 *
 *   PK1  An answer over UDP that is larger than the client takes (512 bytes, or what its EDNS option says, at most 1232)
 *        is cut to the question and marked truncated: the client comes again over TCP.
 *   PK2  The id, the question's spelling and recursion-desired are given back as they came.
 *   PK3  Bytes that are no DNS message get no answer.
 */
import packet from 'dns-packet'
import type { Answer as WireAnswer, DecodedPacket, Packet } from 'dns-packet'
import type { Answer, AnswerRecord, Question, ResponseCode } from './answer.ts'

const ttlSeconds = 30
const smallestUdpBytes = 512
const largestUdpBytes = 1_232
const responseCodes: Readonly<Record<ResponseCode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 }

export interface ReadQuery {
  readonly id: number
  readonly questions: readonly Question[]
  readonly isQuery: boolean
  readonly recursionDesired: boolean
  readonly udpBytes: number
  readonly hasEdns: boolean
}

/** PK3: undefined when the bytes are no DNS message. */
export function readQuery(bytes: Buffer): ReadQuery | undefined {
  let decoded: DecodedPacket
  try {
    decoded = packet.decode(bytes)
  } catch {
    return undefined
  }
  if (decoded.type !== 'query') return undefined
  const edns = decoded.additionals?.find(record => record.type === 'OPT')
  const offered = edns !== undefined && 'udpPayloadSize' in edns ? Number(edns.udpPayloadSize) : smallestUdpBytes
  return {
    id: decoded.id ?? 0,
    questions: (decoded.questions ?? []).map(question => ({ name: question.name, type: question.type, class: question.class ?? 'IN' })),
    isQuery: ((decoded.flags ?? 0) >> 11 & 15) === 0,
    recursionDesired: decoded.flag_rd === true,
    udpBytes: Math.min(largestUdpBytes, Math.max(smallestUdpBytes, offered)),
    hasEdns: edns !== undefined,
  }
}

export function renderAnswer(query: ReadQuery, answer: Answer, domain: string, mostBytes: number): Buffer {
  const whole = encode(query, answer, domain, false)
  return whole.length <= mostBytes ? whole : encode(query, { ...answer, answers: [], additionals: [], withSoa: false }, domain, true) // PK1
}

function encode(query: ReadQuery, answer: Answer, domain: string, isTruncated: boolean): Buffer {
  const flags = (answer.isAuthoritative ? packet.AUTHORITATIVE_ANSWER : 0) | (query.recursionDesired ? packet.RECURSION_DESIRED : 0) | packet.RECURSION_AVAILABLE | (isTruncated ? packet.TRUNCATED_RESPONSE : 0) | responseCodes[answer.code]
  const edns = { type: 'OPT', name: '.', udpPayloadSize: largestUdpBytes, flags: 0, options: [] }
  const message = {
    type: 'response',
    id: query.id,
    flags,
    questions: query.questions as Packet['questions'],
    answers: answer.answers.map(wireRecord),
    authorities: answer.withSoa ? [soa(domain)] : [],
    additionals: [...answer.additionals.map(wireRecord), ...(query.hasEdns ? [edns as unknown as WireAnswer] : [])],
  }
  return packet.encode(message as Packet)
}

function wireRecord({ name, record }: AnswerRecord): WireAnswer {
  const head = { name, ttl: ttlSeconds, class: 'IN' as const }
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return { ...head, type: record.type, data: record.address }
    case 'CNAME':
    case 'PTR':
      return { ...head, type: record.type, data: record.target }
    case 'SRV':
      return { ...head, type: 'SRV', data: { target: record.target, port: record.port, priority: record.priority, weight: record.weight } }
    case 'TXT':
      return { ...head, type: 'TXT', data: record.text }
  }
}

function soa(domain: string): WireAnswer {
  return { name: domain, type: 'SOA', ttl: ttlSeconds, class: 'IN', data: { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 7_200, retry: 1_800, expire: 86_400, minimum: 5 } }
}
