/**
 * What the frame has to know of a room: where it is, what it is called, and how to open it.
 *
 * A room is a folder below views/ that exports one of these from its room.ts; app/rooms.ts lists them, one line each.
 */
import type { Component } from 'vue'
import type { FaultTargetType } from '../../electron/contract/faults.ts'

/** In the order of the navigation. */
export const roomGroups = ['lab', 'cluster', 'practice', 'controlPlane', 'worker'] as const
export type RoomGroup = (typeof roomGroups)[number]

/** Texts of one language: `title` and `purpose` are the frame's, all others the room's own. */
export interface RoomTexts {
  readonly title: string
  /** One sentence: the question that is answered here. */
  readonly purpose: string
  readonly [key: string]: string | Readonly<Record<string, string>>
}

/** The same texts in every language; the compiler finds one that is missing. */
export interface RoomCatalogue<T extends RoomTexts = RoomTexts> {
  readonly en: T
  readonly 'zh-Hant': TextsLike<T>
  readonly 'zh-Hans': TextsLike<T>
}

type TextsLike<T> = { readonly [K in keyof T]: T[K] extends string ? string : TextsLike<T[K]> }

export function roomCatalogue<const T extends RoomTexts>(catalogue: RoomCatalogue<T>): RoomCatalogue<T> {
  return catalogue
}

export interface Room {
  /** Its address and the root of its texts: one lower-case word. */
  readonly name: string
  readonly group: RoomGroup
  readonly icon: Component
  /** What follows the name in its address, such as '/:source?'. */
  readonly parameters?: string
  /** The component whose state is shown beside its name; on nodes without the node's name. */
  readonly component?: string
  /** What it shows besides its component: running faults of such things are counted beside its name. */
  readonly struckBy?: Exclude<FaultTargetType, 'component'> | 'everything'
  readonly view: () => Promise<Component>
  readonly texts: RoomCatalogue
}
