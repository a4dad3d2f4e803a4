# The CRC-32 of bytes, as in zip files and Ethernet, by a table of 256 remainders.
# Algorithm: W. Peterson (1961); the reflected polynomial 0xedb88320; table after D. Sarwate (1988).

fn remainder(byte: i64) -> i64 =
  loop r = byte for _ in 0..8 do
    if r & 1 == 1 then r >> 1 ^ 0xedb88320 else r >> 1

fn crc32(bytes: [n]i64) -> i64 =
  let table = [remainder(byte) for byte in 0..256]
  let crc =
    loop crc = 0xffffffff for byte in bytes do
      assert 0 <= byte < 256, "not a byte"
      in table[(crc ^ byte) & 0xff] ^ crc >> 8
  in crc ^ 0xffffffff
