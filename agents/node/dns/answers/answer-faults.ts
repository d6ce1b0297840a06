/** Answers that faults make: late, none, a failure, or another address. */
import { faultPoints, InjectedError } from '../../../base/fault-points.ts'
import { type Answer, type Question, refuse, type ResponseCode } from './answer.ts'

export const answerFault = faultPoints.define({
  name: 'dns.answer', help: 'A question, by its name (without the last dot) and type. error: the answer has code 2 (SERVFAIL) or 3 (NXDOMAIN); change: the address that is told instead; drop, hold: there is no answer.',
  attributes: ['name', 'type'], effects: ['delay', 'hold', 'error', 'drop', 'change'],
})
const codes: Readonly<Record<number, ResponseCode>> = { 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP' }

/** What is answered instead of the truth, if anything. */
export async function otherAnswer(question: Question | undefined): Promise<Answer | 'none' | undefined> {
  try {
    const rule = await answerFault.meet({ name: question?.name.toLowerCase(), type: question?.type })
    if (rule?.effect === 'change' && question !== undefined) return { code: 'NOERROR', isAuthoritative: true, answers: question.type === 'A' ? [{ name: question.name, record: { type: 'A', address: String(rule.parameters['value']) } }] : [], additionals: [], withSoa: question.type !== 'A' }
    return rule?.effect === 'drop' ? 'none' : undefined
  } catch (error) {
    if (error instanceof InjectedError) return refuse(codes[error.code] ?? 'SERVFAIL')
    throw error
  }
}
