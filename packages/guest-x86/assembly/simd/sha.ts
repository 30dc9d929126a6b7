// SHA-1 and SHA-256 (SDM vol. 2, SHA1RNDS4 …; FIPS 180-4). The names of variables are those of the standard; a is the destination operand.

@inline function lane0(v: v128): u32 { return i32x4.extract_lane(v, 0); }
@inline function lane1(v: v128): u32 { return i32x4.extract_lane(v, 1); }
@inline function lane2(v: v128): u32 { return i32x4.extract_lane(v, 2); }
@inline function lane3(v: v128): u32 { return i32x4.extract_lane(v, 3); }
function pack(lane3: u32, lane2: u32, lane1: u32, lane0: u32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(lane0), 1, lane1), 2, lane2), 3, lane3);
}

@inline function choose(x: u32, y: u32, z: u32): u32 { return (x & y) ^ (~x & z); }
@inline function majority(x: u32, y: u32, z: u32): u32 { return (x & y) ^ (x & z) ^ (y & z); }

// ---- SHA-1 -----------------------------------------------------------------------------------------------------------------------------

export function sha1msg1(a: v128, b: v128): v128 {
  return v128.xor(a, i8x16.shuffle(a, b, 24, 25, 26, 27, 28, 29, 30, 31, 0, 1, 2, 3, 4, 5, 6, 7));
}

export function sha1msg2(a: v128, b: v128): v128 {
  const w16 = rotl(lane3(a) ^ lane2(b), 1);
  const w17 = rotl(lane2(a) ^ lane1(b), 1);
  const w18 = rotl(lane1(a) ^ lane0(b), 1);
  return pack(w16, w17, w18, rotl(lane0(a) ^ w16, 1));
}

export function sha1nexte(a: v128, b: v128): v128 {
  return i32x4.replace_lane(b, 3, lane3(b) + rotl(lane3(a), 30));
}

/** Four rounds of the group that the immediate names: its function and its constant. */
export function sha1rnds4(state: v128, message: v128, group: i32): v128 {
  let a = lane3(state);
  let b = lane2(state);
  let c = lane1(state);
  let d = lane0(state);
  // E of the first round is in the first word of the message already.
  let e: u32 = 0;
  const kind = group & 3;
  const k: u32 = kind == 0 ? 0x5a827999 : kind == 1 ? 0x6ed9eba1 : kind == 2 ? 0x8f1bbcdc : 0xca62c1d6;
  for (let round = 0; round < 4; round++) {
    const f = kind == 0 ? choose(b, c, d) : kind == 2 ? majority(b, c, d) : b ^ c ^ d;
    const w = round == 0 ? lane3(message) : round == 1 ? lane2(message) : round == 2 ? lane1(message) : lane0(message);
    const t = f + rotl(a, 5) + w + e + k;
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = t;
  }
  return pack(a, b, c, d);
}

// ---- SHA-256 ---------------------------------------------------------------------------------------------------------------------------

@inline function sigma0(x: u32): u32 { return rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3); }
@inline function sigma1(x: u32): u32 { return rotr(x, 17) ^ rotr(x, 19) ^ (x >> 10); }

export function sha256msg1(a: v128, b: v128): v128 {
  return i32x4.add(a, pack(sigma0(lane0(b)), sigma0(lane3(a)), sigma0(lane2(a)), sigma0(lane1(a))));
}

export function sha256msg2(a: v128, b: v128): v128 {
  const w16 = lane0(a) + sigma1(lane2(b));
  const w17 = lane1(a) + sigma1(lane3(b));
  return pack(lane3(a) + sigma1(w17), lane2(a) + sigma1(w16), w17, w16);
}

/** Two rounds. The state is A B E F in `abef`, C D G H in `cdgh`; `wk`: message words with their constants added. */
export function sha256rnds2(cdgh: v128, abef: v128, wk: v128): v128 {
  let a = lane3(abef);
  let b = lane2(abef);
  let c = lane3(cdgh);
  let d = lane2(cdgh);
  let e = lane1(abef);
  let f = lane0(abef);
  let g = lane1(cdgh);
  let h = lane0(cdgh);
  for (let round = 0; round < 2; round++) {
    const t1 = choose(e, f, g) + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (round == 0 ? lane0(wk) : lane1(wk)) + h;
    const t2 = majority(a, b, c) + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  return pack(a, b, e, f);
}
