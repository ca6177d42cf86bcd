/** What the pointer does on the board. */
import type { Colour, PenWidth } from '@/signaling/wire.gen';

export type ToolKind = 'pen' | 'eraser' | 'laser';

/** `colour` is the lead's choice; a classroom's ink always has the classroom's own colour. */
export interface BoardTool {
  readonly kind: ToolKind;
  readonly colour: Colour;
  readonly width: PenWidth;
}

/** Ink that reads on white from the back of a room: contrast with white of at least 4.5 to 1. */
export const COLOURS: readonly Colour[] = ['#1a1a1a', '#c62828', '#1558b0', '#1b7a3d', '#a34d00', '#7b2d9b'];

/** Diameters at full pressure in 1/10000 of the board's width: fine, medium, broad. */
export const WIDTHS: readonly PenWidth[] = [24, 44, 90];

export const FIRST_TOOL: BoardTool = { kind: 'pen', colour: '#1a1a1a', width: 44 };
