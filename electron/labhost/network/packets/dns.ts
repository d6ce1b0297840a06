/** A DNS message in one line: what is asked, and what is answered. */
import { decode } from 'dns-packet'

const mostAnswers = 4

export function describeDns(message: Buffer): string | undefined {
  if (message.length < 12) return undefined
  try {
    const { type, questions = [], answers = [], rcode } = decode(message) as ReturnType<typeof decode> & { readonly rcode?: string }
    const asked = questions.map(question => `${question.type} ${question.name}`).join(', ')
    if (type !== 'response') return `asks ${asked}`
    if (rcode !== undefined && rcode !== 'NOERROR') return `answers ${asked}: ${rcode}`
    const found = answers.slice(0, mostAnswers).map(answer => ('data' in answer && (typeof answer.data === 'string' || typeof answer.data === 'number') ? String(answer.data) : answer.type))
    return `answers ${asked}: ${found.length === 0 ? 'nothing' : found.join(', ')}${answers.length > mostAnswers ? ` and ${answers.length - mostAnswers} more` : ''}`
  } catch {
    return undefined // cut short, or not DNS
  }
}
