"""What programs of the corpus print, computed in Python: `PROGRAMS[name](*arguments)` gives the lines.

Integers wrap nowhere in these programs but where `wrapped` says so; `div` truncates as Bril's does.
"""

from collections.abc import Callable
from typing import Any

from ssair.exact_decimals import exact_decimal

Ints = list
Floats = list
Bools = list
Rows = list

LINES: list[str] = []


def show(*values: Any) -> None:
    LINES.append(" ".join(text_of(value) for value in values))


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return exact_decimal(value) if isinstance(value, float) else str(value)


def div(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def alloc(count: int) -> list:
    return [None] * count


def free(cells: list) -> None:
    assert cells


def lines_of(program: Callable[..., None], *arguments: Any) -> list[str]:
    LINES.clear()
    program(*arguments)
    return list(LINES)


# ---- core ---------------------------------------------------------------------------------------------------------


def gcd_of(a: int, b: int) -> int:
    while b != 0:
        r = a - div(a, b) * b
        a = b
        b = r
    return a


def gcd(a: int, b: int) -> None:
    show(gcd_of(a, b))


def lcm(a: int, b: int) -> None:
    g = gcd_of(a, b)
    show(div(a, g) * b)


def rem(a: int, b: int) -> int:
    return a - div(a, b) * b


def totient(n: int) -> None:
    k = 1
    while k <= n:
        count = 0
        i = 1
        while i <= k:
            if gcd_of(i, k) == 1:
                count = count + 1
            i = i + 1
        show(k, count)
        k = k + 1


def is_prime(n: int) -> bool:
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if rem(n, d) == 0:
            return False
        d = d + 1
    return True


def primes(limit: int) -> None:
    n = 0
    while n < limit:
        if is_prime(n):
            show(n)
        n = n + 1


def perfect_numbers(limit: int) -> None:
    n = 2
    while n <= limit:
        total = 1
        d = 2
        while d * d <= n:
            if rem(n, d) == 0:
                total = total + d
                other = div(n, d)
                if other != d:
                    total = total + other
            d = d + 1
        if total == n:
            show(n)
        n = n + 1


def power(base: int, exponent: int) -> int:
    result = 1
    while exponent > 0:
        if rem(exponent, 2) == 1:
            result = result * base
        exponent = div(exponent, 2)
        if exponent > 0:
            base = base * base
    return result


def armstrong(limit: int) -> None:
    n = 1
    while n < limit:
        digits = 0
        m = n
        while m > 0:
            digits = digits + 1
            m = div(m, 10)
        total = 0
        m = n
        while m > 0:
            total = total + power(rem(m, 10), digits)
            m = div(m, 10)
        if total == n:
            show(n, digits)
        n = n + 1


def power_modulo(base: int, exponent: int, modulus: int) -> None:
    result = 1
    base = rem(base, modulus)
    while exponent > 0:
        if rem(exponent, 2) == 1:
            result = rem(result * base, modulus)
        base = rem(base * base, modulus)
        exponent = div(exponent, 2)
    show(result)


def modular_inverse(a: int, m: int) -> None:
    r0 = a
    r1 = m
    s0 = 1
    s1 = 0
    while r1 != 0:
        q = div(r0, r1)
        r2 = r0 - q * r1
        r0 = r1
        r1 = r2
        s2 = s0 - q * s1
        s0 = s1
        s1 = s2
    if r0 != 1:
        show(-1)
    else:
        if s0 < 0:
            s0 = s0 + m
        show(s0)


def collatz(n: int) -> None:
    steps = 0
    peak = n
    while n != 1:
        if rem(n, 2) == 0:  # noqa: SIM108 - the program has no such expression
            n = div(n, 2)
        else:
            n = 3 * n + 1
        if n > peak:
            peak = n
        steps = steps + 1
    show(steps, peak)


def fibonacci_of(n: int) -> int:
    if n < 2:
        return n
    return fibonacci_of(n - 1) + fibonacci_of(n - 2)


def fibonacci(n: int) -> None:
    a = 0
    b = 1
    i = 0
    while i < n:
        c = a + b
        a = b
        b = c
        i = i + 1
    show(a, fibonacci_of(n), a == fibonacci_of(n))


def ackermann_of(m: int, n: int) -> int:
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann_of(m - 1, 1)
    return ackermann_of(m - 1, ackermann_of(m, n - 1))


def ackermann(m: int, n: int) -> None:
    show(ackermann_of(m, n))


def move_tower(n: int, source: int, target: int, spare: int) -> int:
    if n == 0:
        return 0
    before = move_tower(n - 1, source, spare, target)
    show(n, source, target)
    after = move_tower(n - 1, spare, target, source)
    return before + 1 + after


def hanoi(n: int) -> None:
    show(move_tower(n, 1, 3, 2))


def tarai_of(x: int, y: int, z: int) -> int:
    if y >= x:
        return z
    return tarai_of(tarai_of(x - 1, y, z), tarai_of(y - 1, z, x), tarai_of(z - 1, x, y))


def tarai(x: int, y: int, z: int) -> None:
    show(tarai_of(x, y, z))


def mccarthy_of(n: int) -> int:
    if n > 100:
        return n - 10
    return mccarthy_of(mccarthy_of(n + 11))


def mccarthy(n: int) -> None:
    while n < 104:
        show(mccarthy_of(n))
        n = n + 3


def is_even(n: int) -> bool:
    if n == 0:
        return True
    return is_odd(n - 1)


def is_odd(n: int) -> bool:
    if n == 0:
        return False
    return is_even(n - 1)


def parity(n: int) -> None:
    show(is_even(n), is_odd(n))


def pythagorean_triples(limit: int) -> None:
    a = 1
    while a < limit:
        b = a
        while b < limit:
            c = b
            while c < limit:
                if a * a + b * b == c * c:
                    show(a, b, c)
                c = c + 1
            b = b + 1
        a = a + 1


def integer_root(n: int) -> None:
    low = 0
    high = n + 1
    while high - low > 1:
        middle = div(low + high, 2)
        if middle * middle <= n:
            low = middle
        else:
            high = middle
    show(low)


def digits_of(n: int) -> None:
    sum = 0
    reverse = 0
    m = n
    while m != 0:
        d = rem(m, 10)
        sum = sum + d
        reverse = reverse * 10 + d
        m = div(m, 10)
    show(n, sum, reverse, n == reverse)


def choose(n: int, k: int) -> int:
    result = 1
    i = 1
    while i <= k:
        result = div(result * (n - k + i), i)
        i = i + 1
    return result


def pascal(rows: int) -> None:
    n = 0
    while n < rows:
        k = 0
        while k <= n:
            show(choose(n, k))
            k = k + 1
        n = n + 1


def josephus(n: int, k: int) -> None:
    place = 0
    i = 2
    while i <= n:
        place = rem(place + k, i)
        i = i + 1
    show(place + 1)


def fizz(limit: int) -> None:
    i = 1
    while i <= limit:
        three = rem(i, 3) == 0
        five = rem(i, 5) == 0
        if three and five:
            show(-15)
        elif three:
            show(-3)
        elif five:
            show(-5)
        else:
            show(i)
        i = i + 1


def factors(n: int) -> None:
    d = 2
    while n > 1:
        if rem(n, d) == 0:
            show(d)
            n = div(n, d)
        else:
            d = d + 1


def generator_of_numbers(seed: int, count: int) -> None:
    i = 0
    while i < count:
        seed = wrapped(seed * 6364136223846793005 + 1442695040888963407)
        show(seed, div(seed, 4294967296))
        i = i + 1


def quadrant(x: int, y: int) -> None:
    left = x < 0
    below = y < 0
    on_axis = x == 0 or y == 0
    if on_axis:
        show(0)
    elif left and below:
        show(3)
    elif left:
        show(2)
    elif below:
        show(4)
    else:
        show(1)
    show(not left, not below, (left or below) and not on_axis)


# ---- float --------------------------------------------------------------------------------------------------------


def newton(x: float) -> None:
    guess = x
    previous = 0.0
    while guess != previous:
        previous = guess
        guess = 0.5 * (guess + x / guess)
        show(guess)


def leibniz(terms: int) -> None:
    total = 0.0
    sign = 1.0
    divisor = 1.0
    i = 0
    while i < terms:
        total = total + sign / divisor
        sign = 0.0 - sign
        divisor = divisor + 2.0
        i = i + 1
    show(4.0 * total)


def exponential(x: float) -> None:
    term = 1.0
    total = 1.0
    n = 1.0
    while total + term != total:
        term = term * x / n
        total = total + term
        n = n + 1.0
    show(total, n)


def sine_of(x: float) -> float:
    term = x
    total = x
    n = 1.0
    while n < 20.0:
        term = 0.0 - term * x * x / ((n + 1.0) * (n + 2.0))
        total = total + term
        n = n + 2.0
    return total


def sine(step: float) -> None:
    x = 0.0
    while x < 3.2:
        show(x, sine_of(x))
        x = x + step


def cube(x: float) -> float:
    return x * x * x - 2.0 * x + 1.0


def simpson(low: float, high: float) -> None:
    steps = 0
    h = (high - low) / 100.0
    x = low
    total = 0.0
    while steps < 100:
        total = total + (cube(x) + 4.0 * cube(x + h / 2.0) + cube(x + h)) * h / 6.0
        x = x + h
        steps = steps + 1
    show(total)


def mandelbrot(cr: float, ci: float) -> None:
    zr = 0.0
    zi = 0.0
    n = 0
    inside = True
    while inside:
        square = zr * zr + zi * zi
        if square > 4.0 or n >= 200:
            inside = False
        else:
            next = zr * zr - zi * zi + cr
            zi = 2.0 * zr * zi + ci
            zr = next
            n = n + 1
    show(n, zr, zi)


def bisection(low: float, high: float) -> None:
    i = 0
    while i < 60:
        middle = (low + high) / 2.0
        if cube(middle) * cube(low) <= 0.0:
            high = middle
        else:
            low = middle
        i = i + 1
    show(low, high, cube(low))


def euler_method(rate: float, steps: int) -> None:
    y = 1.0
    t = 0.0
    h = 0.01
    i = 0
    while i < steps:
        y = y + h * (rate * y * (1.0 - y / 10.0))
        t = t + h
        i = i + 1
    show(t, y)


def compensated_sum(count: int) -> None:
    plain = 0.0
    total = 0.0
    lost = 0.0
    i = 0
    while i < count:
        plain = plain + 0.1
        y = 0.1 - lost
        t = total + y
        lost = t - total - y
        total = t
        i = i + 1
    show(plain, total, plain == total)


def horner(x: float) -> None:
    value = 0.0
    coefficient = 7.0
    while coefficient >= 0.0:
        value = value * x + coefficient
        coefficient = coefficient - 1.0
    show(value)


# ---- memory -------------------------------------------------------------------------------------------------------


def fill_random(cells: Ints, n: int, seed: int) -> None:
    i = 0
    while i < n:
        seed = rem(seed * 1103515245 + 12345, 2147483648)
        cells[i] = rem(seed, 1000)
        i = i + 1


def print_cells(cells: Ints, n: int) -> None:
    i = 0
    while i < n:
        show(cells[i])
        i = i + 1


def bubble_sort(n: int) -> None:
    cells: Ints = alloc(n)
    fill_random(cells, n, 42)
    i = 0
    while i < n:
        j = 0
        while j < n - i - 1:
            if cells[j] > cells[j + 1]:
                t = cells[j]
                cells[j] = cells[j + 1]
                cells[j + 1] = t
            j = j + 1
        i = i + 1
    print_cells(cells, n)
    free(cells)


def sort_range(cells: Ints, low: int, high: int) -> None:
    if low < high:
        pivot = cells[high]
        place = low
        i = low
        while i < high:
            if cells[i] < pivot:
                t = cells[i]
                cells[i] = cells[place]
                cells[place] = t
                place = place + 1
            i = i + 1
        t = cells[place]
        cells[place] = cells[high]
        cells[high] = t
        sort_range(cells, low, place - 1)
        sort_range(cells, place + 1, high)


def quick_sort(n: int) -> None:
    cells: Ints = alloc(n)
    fill_random(cells, n, 7)
    sort_range(cells, 0, n - 1)
    print_cells(cells, n)
    free(cells)


def insertion_sort(n: int) -> None:
    cells: Ints = alloc(n)
    fill_random(cells, n, 99)
    i = 1
    while i < n:
        x = cells[i]
        j = i
        going = True
        while going:
            if j == 0:  # noqa: SIM114 - the program reads no cell where this holds
                going = False
            elif cells[j - 1] <= x:
                going = False
            else:
                cells[j] = cells[j - 1]
                j = j - 1
        cells[j] = x
        i = i + 1
    print_cells(cells, n)
    free(cells)


def sieve(n: int) -> None:
    marked: Bools = alloc(n)
    i = 0
    while i < n:
        marked[i] = False
        i = i + 1
    i = 2
    while i < n:
        if not marked[i]:
            show(i)
            j = i * i
            while j < n:
                marked[j] = True
                j = j + i
        i = i + 1
    free(marked)


def matrix_product(n: int) -> None:
    a: Ints = alloc(n * n)
    b: Ints = alloc(n * n)
    c: Ints = alloc(n * n)
    fill_random(a, n * n, 1)
    fill_random(b, n * n, 2)
    i = 0
    while i < n:
        j = 0
        while j < n:
            total = 0
            k = 0
            while k < n:
                total = total + a[i * n + k] * b[k * n + j]
                k = k + 1
            c[i * n + j] = total
            j = j + 1
        i = i + 1
    print_cells(c, n * n)
    free(a)
    free(b)
    free(c)


def rows_of_triangle(n: int) -> None:
    rows: Rows = alloc(n)
    i = 0
    while i < n:
        row: Ints = alloc(i + 1)
        row[0] = 1
        row[i] = 1
        j = 1
        while j < i:
            above: Ints = rows[i - 1]
            row[j] = above[j - 1] + above[j]
            j = j + 1
        rows[i] = row
        i = i + 1
    last: Ints = rows[n - 1]
    print_cells(last, n)
    i = 0
    while i < n:
        old: Ints = rows[i]
        free(old)
        i = i + 1
    free(rows)


def linked_list(n: int) -> None:
    values: Ints = alloc(n)
    following: Ints = alloc(n)
    head = -1
    i = 0
    while i < n:
        values[i] = i * i
        following[i] = head
        head = i
        i = i + 1
    previous = -1
    while head != -1:
        next = following[head]
        following[head] = previous
        previous = head
        head = next
    node = previous
    while node != -1:
        show(node, values[node])
        node = following[node]
    free(values)
    free(following)


def place_queens(columns: Ints, row: int, n: int) -> int:
    if row == n:
        return 1
    count = 0
    column = 0
    while column < n:
        fits = True
        i = 0
        while i < row:
            other = columns[i]
            if other == column or other + row - i == column or other - row + i == column:
                fits = False
            i = i + 1
        if fits:
            columns[row] = column
            count = count + place_queens(columns, row + 1, n)
        column = column + 1
    return count


def queens(n: int) -> None:
    columns: Ints = alloc(n)
    show(place_queens(columns, 0, n))
    free(columns)


def knapsack(capacity: int) -> None:
    best: Ints = alloc(capacity + 1)
    c = 0
    while c <= capacity:
        best[c] = 0
        c = c + 1
    item = 1
    while item < 8:
        weight = item * 3 - 2
        value = item * item + 4
        c = capacity
        while c >= weight:
            other = best[c - weight] + value
            if other > best[c]:
                best[c] = other
            c = c - 1
        item = item + 1
    show(best[capacity])
    free(best)


def longest_rise(n: int) -> None:
    cells: Ints = alloc(n)
    length: Ints = alloc(n)
    fill_random(cells, n, 5)
    longest = 0
    i = 0
    while i < n:
        length[i] = 1
        j = 0
        while j < i:
            if cells[j] < cells[i] and length[j] + 1 > length[i]:
                length[i] = length[j] + 1
            j = j + 1
        if length[i] > longest:
            longest = length[i]
        i = i + 1
    show(longest)
    free(length)
    free(cells)


def shortest_ways(n: int) -> None:
    distance: Ints = alloc(n * n)
    fill_random(distance, n * n, 3)
    k = 0
    while k < n:
        i = 0
        while i < n:
            j = 0
            while j < n:
                through = distance[i * n + k] + distance[k * n + j]
                if through < distance[i * n + j]:
                    distance[i * n + j] = through
                j = j + 1
            i = i + 1
        k = k + 1
    print_cells(distance, n * n)
    free(distance)


def search_of(cells: Ints, n: int, key: int) -> int:
    low = 0
    high = n
    while low < high:
        middle = low + div(high - low, 2)
        if cells[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


def binary_search(n: int, key: int) -> None:
    cells: Ints = alloc(n)
    i = 0
    while i < n:
        cells[i] = i * 3 + 1
        i = i + 1
    place = search_of(cells, n, key)
    show(place)
    if place < n:
        show(cells[place], cells[place] == key)
    free(cells)


def root_of(parent: Ints, x: int) -> int:
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


def union_find(n: int) -> None:
    parent: Ints = alloc(n)
    i = 0
    while i < n:
        parent[i] = i
        i = i + 1
    i = 0
    while i < n:
        j = rem(i * i + 3, n)
        a = root_of(parent, i)
        b = root_of(parent, j)
        if a != b:
            parent[a] = b
        i = i + 2
    i = 0
    while i < n:
        show(i, root_of(parent, i))
        i = i + 1
    free(parent)


def statistics(n: int) -> None:
    cells: Floats = alloc(n)
    x = 0.5
    i = 0
    while i < n:
        x = 3.7 * x * (1.0 - x)
        cells[i] = x
        i = i + 1
    mean = 0.0
    count = 0.0
    i = 0
    while i < n:
        mean = mean + cells[i]
        count = count + 1.0
        i = i + 1
    mean = mean / count
    variance = 0.0
    i = 0
    while i < n:
        d = cells[i] - mean
        variance = variance + d * d
        i = i + 1
    show(mean, variance / count)
    free(cells)


def power_method(steps: int) -> None:
    a: Floats = alloc(4)
    v: Floats = alloc(2)
    a[0] = 2.0
    a[1] = 1.0
    a[2] = 1.0
    a[3] = 3.0
    v[0] = 1.0
    v[1] = 0.0
    i = 0
    while i < steps:
        x = a[0] * v[0] + a[1] * v[1]
        y = a[2] * v[0] + a[3] * v[1]
        scale = x
        if y > x:
            scale = y
        v[0] = x / scale
        v[1] = y / scale
        show(scale)
        i = i + 1
    free(a)
    free(v)


def remembered(memo: Ints, n: int) -> int:
    if memo[n] >= 0:
        return memo[n]
    value = remembered(memo, n - 1) + remembered(memo, n - 2)
    memo[n] = value
    return value


def memoised(n: int) -> None:
    memo: Ints = alloc(n + 2)
    i = 0
    while i < n + 2:
        memo[i] = -1
        i = i + 1
    memo[0] = 0
    memo[1] = 1
    show(remembered(memo, n))
    free(memo)


def queue(n: int) -> None:
    cells: Ints = alloc(n * 3)
    head = 0
    tail = 1
    cells[0] = 1
    while head < tail and tail < n * 3 - 2:
        x = cells[head]
        head = head + 1
        show(x)
        cells[tail] = x * 2
        cells[tail + 1] = x * 2 + 1
        tail = tail + 2
    free(cells)


#: Programs that are in the corpus under their names, with the arguments that they are run with.
PROGRAMS: dict[Callable[..., None], tuple[Any, ...]] = {
    gcd: (462, 1071),
    lcm: (84, 120),
    totient: (24,),
    primes: (60,),
    perfect_numbers: (130,),
    armstrong: (180,),
    power_modulo: (7, 1_000_003, 998_244_353),
    modular_inverse: (3, 1_000_000_007),
    collatz: (27,),
    fibonacci: (14,),
    ackermann: (2, 4),
    hanoi: (4,),
    tarai: (6, 3, 0),
    mccarthy: (80,),
    parity: (57,),
    pythagorean_triples: (26,),
    integer_root: (1_000_000_007,),
    digits_of: (1_234_321,),
    pascal: (9,),
    josephus: (41, 3),
    fizz: (30,),
    factors: (360_360,),
    generator_of_numbers: (1, 12),
    quadrant: (-3, 8),
    newton: (2.0,),
    leibniz: (400,),
    exponential: (-1.5,),
    sine: (0.4,),
    simpson: (-1.0, 2.5),
    mandelbrot: (-0.7436, 0.1318),
    bisection: (-2.0, 0.0),
    euler_method: (1.25, 300),
    compensated_sum: (500,),
    horner: (1.0625,),
    bubble_sort: (14,),
    quick_sort: (24,),
    insertion_sort: (16,),
    sieve: (70,),
    matrix_product: (4,),
    rows_of_triangle: (8,),
    linked_list: (9,),
    queens: (5,),
    knapsack: (40,),
    longest_rise: (20,),
    shortest_ways: (5,),
    binary_search: (50, 88),
    union_find: (15,),
    statistics: (40,),
    power_method: (20,),
    memoised: (30,),
    queue: (12,),
}
