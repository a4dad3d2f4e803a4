# A grey image (0 .. 255) filtered by a three by three matrix in single precision; pixels beyond
# the rim are those of the rim.

fn clamped(i: i64, length: i64) -> i64 = max(0, min(i, length - 1))

fn convolution(image: [h, w]i32, weights: [3, 3]f32) -> [h, w]i32 =
  [let total =
     loop total = 0.0 for di in 0..3 do
       loop total = total for dj in 0..3 do
         let pixel = image[clamped(i + di - 1, h), clamped(j + dj - 1, w)]
         in total + weights[di, dj] * f32(pixel)
   in i32(max(0.0, min(255.0, round(total))))
   for i in 0..h, j in 0..w]
