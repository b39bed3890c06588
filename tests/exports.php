<?php
// Writes a report as Checkfront exports it, in the locale that is asked for: the sender's truth comes as JSON on standard
// input. It shares no code with what reads the report.
$in = json_decode(stream_get_contents(STDIN), true);
$l = $in['locale'];
$zone = new DateTimeZone($in['zone']);
$when = fn($unix) => (new DateTime('@' . $unix))->setTimezone($zone)->format($l['date']);
$money = function ($cents) use ($l) {
    $plain = number_format(abs($cents) / 100, 2, $l['point'], $l['group']);
    return ($cents < 0 ? '-' : '') . $l['before'] . $plain . $l['after'];
};
$label = fn($status) => $l['labels'][$status] ?? ucfirst(strtolower($status));
$heading = fn($name) => $l['headings'][$name] ?? $name;
$rows = [];
if ($in['report'] === 'bookings') {
    $rows[] = array_map($heading, ['Booking', 'Created', 'Start date', 'End date', 'Customer', 'Amount', 'Status', 'Booking ID', 'SKU', 'Email', 'Customer ID', 'Amount Paid', 'Amount Due', 'Sub-total', 'Taxes', 'Notes, if any', 'Status', 'Qty']);
    foreach ($in['bookings'] as $b) {
        $total = array_sum(array_column($b['lines'], 'total'));
        $tax = array_sum(array_column($b['lines'], 'tax'));
        foreach ($b['lines'] as $i => $line) {
            $share = fn($whole) => $l['split'] ? ($i ? 0 : $whole) : $whole;
            $own = fn($part, $whole) => $l['split'] ? $part : $whole;
            // Some columns may tell of the whole booking on each of its rows.
            $date = fn($name) => $when($l['whole'] ? $b[$name] : ($line[$name] ?? $b[$name]));
            $qty = $l['whole'] ? array_sum(array_map(fn($each) => $each['qty'] ?? 1, $b['lines'])) : ($line['qty'] ?? 1);
            $rows[] = [$line['name'] ?? "A \"fine\" tour,\nwith a break", $when($b['created']), $date('start'), $date('end'), $b['name'], $money($line['total']), $label($b['status']), $b['code'], $line['sku'], $b['email'], $b['customer'], $money($share($b['paid'])), $money($share($total - $b['paid'])), $money($own($line['total'] - $line['tax'], $total - $tax)), $money($own($line['tax'], $tax)), "x; y", 'a form field', $qty];
        }
    }
    if ($l['again']) {
        array_splice($rows, 4, 0, [$rows[0]]);
    }
} elseif ($in['report'] === 'transactions') {
    $rows[] = array_map($heading, ['Transaction ID', 'Date', 'Event', 'Amount', 'Payment Type', 'Provider Transaction', 'Booking Date', 'Info']);
    foreach ($in['payments'] as $p) {
        $rows[] = [$p['code'] . '-' . $p['number'], $when($p['at']), $p['event'], $money($p['cents']), 'Visa', $l['split'] ? $p['id'] : '', '', "a\nb"];
    }
} elseif ($in['report'] === 'customers') {
    $rows[] = array_map($heading, ['Customer', 'Bookings', 'Phone', 'Customer ID', 'Total', 'Last booking', 'Status', 'Email', 'Address', 'City', 'Created']);
    foreach ($in['customers'] as $c) {
        $rows[] = [$c['name'], $c['bookings'], $c['phone'], $c['code'], $money($c['total']), '?', '', $c['email'], '', '', '?'];
    }
} else {
    $rows[] = array_map($heading, ['Date', 'Bookings', 'Sub-total', 'Taxes', 'Total']);
    foreach ($in['days'] as $d) {
        $day = (new DateTime('@' . $d['at']))->setTimezone($zone)->format($l['day']);
        $rows[] = [$day, $d['bookings'], $money($d['total'] - $d['tax']), $money($d['tax']), $money($d['total'])];
    }
    $rows[] = ['Total', '', '', '', ''];
}
$memory = fopen('php://memory', 'w+');
foreach ($rows as $row) {
    fputcsv($memory, $row, $l['separator'], '"', '', $l['newline']);
}
rewind($memory);
echo hex2bin($l['bom']) . iconv('UTF-8', $l['encoding'], stream_get_contents($memory));
