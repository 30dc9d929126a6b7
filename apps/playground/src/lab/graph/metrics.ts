/** Width of a character and height of a line of the drawing's font, in drawing units: apart from the layout, which brings dagre. */
export const CHAR = 7.25;
export const LINE = 16;
