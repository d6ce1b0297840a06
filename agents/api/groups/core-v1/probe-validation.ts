/** Rules of probes and lifecycle handlers. */
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { isHttpHeaderName, isPortName } from '../../validation/names.ts'
import { inRange, nonNegative } from '../../validation/numbers.ts'
import type { HTTPGetAction, LifecycleHandler, Probe } from './types.ts'

/** mustSucceedOnce: liveness and startup probes have successThreshold 1. */
export function validateProbe(probe: Probe | undefined, path: string, mustSucceedOnce: boolean): FieldError[] {
  if (probe === undefined) return []
  const errors = [
    ...validateHandler(probe, path),
    ...nonNegative(probe.initialDelaySeconds, `${path}.initialDelaySeconds`),
    ...nonNegative(probe.timeoutSeconds, `${path}.timeoutSeconds`),
    ...nonNegative(probe.periodSeconds, `${path}.periodSeconds`),
    ...nonNegative(probe.successThreshold, `${path}.successThreshold`),
    ...nonNegative(probe.failureThreshold, `${path}.failureThreshold`),
  ]
  if (mustSucceedOnce && (probe.successThreshold ?? 1) !== 1) errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1'))
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) errors.push(invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must be greater than 0'))
  if (!mustSucceedOnce && probe.terminationGracePeriodSeconds !== undefined) errors.push(invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'))
  return errors
}

export function validateHandler(handler: LifecycleHandler & Pick<Probe, 'grpc'>, path: string, graceSeconds = 30): FieldError[] {
  const errors: FieldError[] = []
  let count = 0
  const one = (field: string, check: () => FieldError[]) => {
    count += 1
    if (count > 1) errors.push(forbidden(`${path}.${field}`, 'may not specify more than 1 handler type'))
    else errors.push(...check())
  }
  if (handler.exec !== undefined) one('exec', () => ((handler.exec!.command ?? []).length === 0 ? [required(`${path}.exec.command`)] : []))
  if (handler.httpGet !== undefined) one('httpGet', () => validateHttpGet(handler.httpGet!, `${path}.httpGet`))
  if (handler.tcpSocket !== undefined) one('tcpSocket', () => validatePort(handler.tcpSocket!.port, `${path}.tcpSocket.port`))
  if (handler.grpc !== undefined) one('grpc', () => inRange(handler.grpc!.port, 1, 65_535, `${path}.grpc.port`))
  if (handler.sleep !== undefined) one('sleep', () => (handler.sleep!.seconds < 0 || handler.sleep!.seconds > graceSeconds ? [invalid(`${path}.sleep`, handler.sleep!.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`)] : []))
  if (count === 0) errors.push(required(path, 'must specify a handler type'))
  return errors
}

function validateHttpGet(action: HTTPGetAction, path: string): FieldError[] {
  const errors: FieldError[] = []
  if ((action.path ?? '') === '') errors.push(required(`${path}.path`))
  errors.push(...validatePort(action.port, `${path}.port`))
  if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') errors.push(notSupported(`${path}.scheme`, action.scheme ?? '', ['HTTP', 'HTTPS']))
  for (const header of action.httpHeaders ?? []) errors.push(...isHttpHeaderName(header.name).map(text => invalid(`${path}.httpHeaders`, header.name, text)))
  return errors
}

function validatePort(port: number | string, path: string): FieldError[] {
  if (typeof port === 'number') return inRange(port, 1, 65_535, path)
  return isPortName(port).map(text => invalid(path, port, text))
}
