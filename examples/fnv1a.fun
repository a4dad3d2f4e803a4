# The FNV-1a hash of bytes, in 64 bits that wrap.
# Algorithm: G. Fowler, L. Noll and K.-P. Vo (1991); the offset basis 0xcbf29ce484222325 is written
# as the negative number with these bits.

fn fnv1a(bytes: [n]i64) -> i64 =
  loop hash = -3750763034362895579 for byte in bytes do
    assert 0 <= byte < 256, "not a byte"
    in (hash ^ byte) * 0x100000001b3
