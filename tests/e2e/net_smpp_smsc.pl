#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# An SMSC made of Net::SMPP, so that the gateway meets an implementation of SMPP that is not ours. Prints its port and
# `ready`, then one line for each thing that happens; takes commands from standard input, words parted by tabs:
#   deliver FROM TO HEX [CODING [ESM [TLV=HEX]...]]   an SMS of a phone, international number, the octets of a text;
#                         data_coding (3, Latin-1, if there is none) and esm_class, optional parameters by their names
#   receipt ID STATE [FROM]   a delivery receipt for a message that was submitted, from a number
#   refuse STATUS COUNT   the next COUNT submit_sm are answered with this command_status
#   enquire, cut, unbind
use strict;
use warnings;
use IO::Select;
use Net::SMPP;

my %name_of = (0x9 => 'transceiver', 0x2 => 'transmitter', 0x1 => 'receiver');
my ($wanted_id, $wanted_password) = @ARGV;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34, interface_version => 0x34)
    or die "cannot listen: $!";
my $select = IO::Select->new($listener, \*STDIN);
my (%mode, $commands, $refuse_status, $refuse_count, $ids);
($commands, $refuse_status, $refuse_count, $ids) = ('', 0, 0, 0);
$| = 1;
print 'port ', $listener->sockport, "\nready\n";

sub gone {
    my ($peer) = @_;
    $select->remove($peer);
    delete $mode{$peer};
    close $peer;
    print "gone\n";
}

sub receiver {
    for my $peer ($select->handles) {
        return $peer if ($mode{$peer} // '') =~ /receiver|transceiver/;
    }
    print "nobody\n";
    return;
}

sub bind_asked {
    my ($peer, $pdu) = @_;
    my $mode = $name_of{$pdu->{cmd}};
    my $good = $pdu->{system_id} eq $wanted_id && $pdu->{password} eq $wanted_password;
    my $answer = "bind_${mode}_resp";
    $peer->set_version(0x34);
    $peer->$answer(seq => $pdu->{seq}, system_id => 'net-smpp', status => $good ? 0 : 0x0E);
    $mode{$peer} = $mode if $good;
    print $good ? "bound $mode\n" : "refused $mode\n";
}

sub submitted {
    my ($peer, $pdu) = @_;
    if ($refuse_count > 0) {
        --$refuse_count;
        $peer->submit_sm_resp(seq => $pdu->{seq}, status => $refuse_status, message_id => '');
        print "refused submit\n";
        return;
    }
    my $id = sprintf '%08X', ++$ids;
    $peer->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
    my @sar = map { hex unpack 'H*', $pdu->{$_} // '' } qw(sar_msg_ref_num sar_total_segments sar_segment_seqnum);
    print join(' ', 'how', $id, $pdu->{esm_class}, @sar, unpack('H*', $pdu->{message_payload} // '')), "\n";
    print join(' ', 'submit', $pdu->{source_addr} || '-', $pdu->{destination_addr}, $pdu->{data_coding},
        $pdu->{registered_delivery}, $id, unpack('H*', $pdu->{short_message})), "\n";
}

sub heard {
    my ($peer) = @_;
    my $pdu = $peer->read_pdu;
    return gone($peer) unless $pdu;
    my $command = $pdu->{cmd};
    if ($name_of{$command}) { bind_asked($peer, $pdu) }
    elsif ($command == 0x4) { submitted($peer, $pdu) }
    elsif ($command == 0x80000005) { print "deliver_resp $pdu->{seq} $pdu->{status}\n" }
    elsif ($command == 0x15) { $peer->enquire_link_resp(seq => $pdu->{seq}); print "enquire_link\n" }
    elsif ($command == 0x80000015) { print "enquire_link_resp\n" }
    elsif ($command == 0x6) { $peer->unbind_resp(seq => $pdu->{seq}); print "unbind\n"; gone($peer) }
    elsif ($command == 0x80000006) { print "unbind_resp\n"; gone($peer) }
    else { printf "command %08x\n", $command }
}

sub told {
    my ($word, @rest) = split /\t/, $_[0];
    if ($word eq 'deliver') {
        my $peer = receiver() or return;
        my $seq = $peer->deliver_sm(async => 1, source_addr_ton => 1, source_addr_npi => 1, source_addr => $rest[0],
            dest_addr_ton => 0, dest_addr_npi => 1, destination_addr => $rest[1], data_coding => $rest[3] // 3,
            esm_class => $rest[4] // 0, short_message => pack('H*', $rest[2]),
            map { my ($name, $hex) = split /=/; ($name, pack 'H*', $hex) } @rest[5 .. $#rest]);
        print "delivered $seq\n";
    } elsif ($word eq 'receipt') {
        my $peer = receiver() or return;
        my $seq = $peer->deliver_sm(async => 1, esm_class => 4, source_addr => $rest[2] // '1', destination_addr => '2',
            short_message => "id:$rest[0] sub:001 dlvrd:001 submit date:2611231200 done date:2611231200 "
                . "stat:$rest[1] err:000 text:");
        print "delivered $seq\n";
    } elsif ($word eq 'refuse') {
        ($refuse_status, $refuse_count) = @rest;
    } elsif ($word eq 'enquire' or $word eq 'unbind') {
        my $method = $word eq 'enquire' ? 'enquire_link' : 'unbind';
        for my $peer (grep { $mode{$_} } $select->handles) { $peer->$method(async => 1) }
    } elsif ($word eq 'cut') {
        gone($_) for grep { $mode{$_} } $select->handles;
    }
}

while (1) {
    for my $ready ($select->can_read) {
        if ($ready == $listener) {
            my $peer = $listener->accept or next;
            $select->add($peer);
        } elsif ($ready == \*STDIN) {
            sysread(STDIN, $commands, 4096, length $commands) or exit;
            told($1) while $commands =~ s/^(.*)\n//;
        } else {
            heard($ready);
        }
    }
}
