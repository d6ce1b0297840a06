/**
 * Security contexts as CRI wants them: the container's word goes before the pod's. Pure.
 *
 *   SE1  runAsNonRoot with user 0 (asked for, or the image's when none is asked for) refuses the container; an image user
 *        that is a name cannot be checked and is refused too.
 *   SE2  no_new_privs is set by allowPrivilegeEscalation: false, unless privileged or CAP_SYS_ADMIN is asked for.
 *   SE3  Without a seccomp profile a container is unconfined, as upstream's default is.
 *   SE4  Proc's masked and read-only paths are the usual ones, none when privileged or procMount is Unmasked.
 */
import type { Container, Pod, SeccompProfile } from '../../../api/groups/core-v1/types.ts'
import type { ContainerConfig } from '../../../wire/cri/cri-container-messages.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { ConfigError } from './environment.ts'
import { namespaceOptionsOf } from './namespace-options.ts'

type LinuxSecurity = NonNullable<NonNullable<Sparse<ContainerConfig>['linux']>['securityContext']>

const maskedPaths = ['/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap']
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export interface ImageUser {
  readonly uid: number | undefined
  readonly username: string
}

export function linuxSecurityOf(pod: Pod, container: Container, imageUser: ImageUser, targetContainerId: string | undefined): LinuxSecurity {
  const [podContext, own] = [pod.spec.securityContext, container.securityContext]
  const runAsUser = own?.runAsUser ?? podContext?.runAsUser
  checkNonRoot(pod, container, runAsUser, imageUser)
  const privileged = own?.privileged === true
  const added = (own?.capabilities?.add ?? []).map(name => name.toUpperCase())
  const unmasked = privileged || own?.procMount === 'Unmasked'
  return {
    capabilities: { addCapabilities: added.map(bareCapability), dropCapabilities: (own?.capabilities?.drop ?? []).map(bareCapability) },
    privileged,
    namespaceOptions: targetContainerId === undefined ? namespaceOptionsOf(pod) : { ...namespaceOptionsOf(pod), pid: 'TARGET', targetId: targetContainerId },
    selinuxOptions: own?.seLinuxOptions ?? podContext?.seLinuxOptions,
    runAsUser: runAsUser ?? (imageUser.username === '' ? (imageUser.uid ?? undefined) : undefined),
    runAsUsername: runAsUser === undefined ? imageUser.username : '',
    runAsGroup: own?.runAsGroup ?? podContext?.runAsGroup,
    readonlyRootfs: own?.readOnlyRootFilesystem === true,
    supplementalGroups: [...(podContext?.fsGroup === undefined ? [] : [podContext.fsGroup]), ...(podContext?.supplementalGroups ?? [])],
    noNewPrivs: own?.allowPrivilegeEscalation === false && !privileged && !added.includes('SYS_ADMIN') && !added.includes('CAP_SYS_ADMIN'), // SE2
    maskedPaths: unmasked ? [] : maskedPaths, // SE4
    readonlyPaths: unmasked ? [] : readonlyPaths,
    seccomp: privileged ? { profileType: 'Unconfined' } : securityProfile(own?.seccompProfile ?? podContext?.seccompProfile, { type: 'Unconfined' }), // SE3
    apparmor: appArmorOf(own?.appArmorProfile ?? podContext?.appArmorProfile),
  }
}

function checkNonRoot(pod: Pod, container: Container, runAsUser: number | undefined, image: ImageUser): void {
  if ((container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot) !== true) return
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`
  if (runAsUser !== undefined) {
    if (runAsUser === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`) // SE1
    return
  }
  if (image.username !== '' && !/^\d+$/.test(image.username)) throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`)
  if ((image.uid ?? 0) === 0 && !(Number(image.username) > 0)) throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`)
}

function bareCapability(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '')
}

export function securityProfile(profile: SeccompProfile | undefined, otherwise: SeccompProfile): { profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost'; localhostRef: string } {
  const chosen = profile ?? otherwise
  const profileType = chosen.type === 'RuntimeDefault' || chosen.type === 'Localhost' ? chosen.type : 'Unconfined'
  return { profileType, localhostRef: profileType === 'Localhost' ? `/var/lib/kubelet/seccomp/${chosen.localhostProfile ?? ''}` : '' }
}

function appArmorOf(profile: { readonly type: string; readonly localhostProfile?: string } | undefined): LinuxSecurity['apparmor'] {
  if (profile === undefined) return undefined
  const profileType = profile.type === 'RuntimeDefault' || profile.type === 'Localhost' ? profile.type : 'Unconfined'
  return { profileType, localhostRef: profile.localhostProfile ?? '' }
}
