/** Where the areas of a tree map stand: sites in their files, files in their modules, each as large as its bytes. */
import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from 'd3-hierarchy';
import type { Group } from '../../../adapter/src/protocol';
import { baseName, siteFrame, visible } from '../../../adapter/src/protocol/frames';

export interface Area {
  /** A file's name, or a site's key. */
  name: string;
  bytes: number;
  /** The site; absent for a file. */
  group?: Group;
  children?: Area[];
}
export type PlacedArea = HierarchyRectangularNode<Area>;

const HEAD = 18;

/** The sites of `groups` under the files that they stand in. */
export function areasOf(groups: readonly Group[]): Area {
  const files = new Map<string, Area & { children: Area[] }>();
  for (const group of groups) {
    const frame = siteFrame(group.frames);
    const file = frame?.source?.path ?? frame?.module ?? '';
    const area = files.get(file) ?? { name: file, bytes: 0, children: [] };
    area.bytes += group.bytes;
    area.children.push({ name: group.key, bytes: group.bytes, group });
    files.set(file, area);
  }
  const children = [...files.values()];
  return { name: '', bytes: children.reduce((sum, { bytes }) => sum + bytes, 0), children };
}

/** Files and sites with their rectangles, in pixels; what is smaller than a pixel is left out. */
export function placeAreas(root: Area, width: number, height: number): PlacedArea[] {
  const tree = hierarchy(root, (area) => area.children)
    .sum((area) => (area.group ? area.bytes : 0))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const placed = treemap<Area>()
    .tile(treemapSquarify)
    .size([width, height])
    .paddingInner(1)
    .paddingTop((node) => (node.depth === 1 ? HEAD : 0))
    .round(true)(tree);
  return placed
    .descendants()
    .filter((node) => node.depth > 0 && node.x1 - node.x0 > 1 && node.y1 - node.y0 > 1);
}

export function fileTitle(name: string): string {
  return visible(baseName(name));
}
