# The words of a text given as bytes: how many, and how long the longest is. Words are what blanks
# (space, tab, new line) separate. Two states that call each other in tail position.

fn is_blank(byte: i64) -> bool = byte == 32 || 9 <= byte <= 10

fn between_words(text: [n]i64, i: i64, words: i64, longest: i64) -> (i64, i64) =
  if i == n then (words, longest)
  else if is_blank(text[i]) then between_words(text, i + 1, words, longest)
  else in_word(text, i + 1, words + 1, longest, 1)

fn in_word(text: [n]i64, i: i64, words: i64, longest: i64, length: i64) -> (i64, i64) =
  if i == n then (words, max(longest, length))
  else if is_blank(text[i]) then between_words(text, i + 1, words, max(longest, length))
  else in_word(text, i + 1, words, longest, length + 1)

fn word_count(text: [n]i64) -> (i64, i64) = between_words(text, 0, 0, 0)
