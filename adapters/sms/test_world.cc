// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/test_world.h"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <utility>

#include "storage/device_record.h"

namespace msggw::sms::test {

namespace asio = boost::asio;
using asio::ip::tcp;

struct TestSmsc::Peer {
  explicit Peer(tcp::socket from) : socket(std::move(from)) {}

  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  smpp::test::SmscSession session;
  std::array<char, 16'384> in{};
  std::size_t number = 0;
  bool over = false;
};

TestSmsc::TestSmsc(asio::io_context& io, asio::ssl::context* tls)
    : io_(io), tls_(tls), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  accept();
}

TestSmsc::~TestSmsc() {
  cut();
}

void TestSmsc::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (error) return;
    ++accepted_;
    auto peer = std::make_shared<Peer>(std::move(socket));
    peer->number = peers_.size();
    peers_.push_back(peer);
    accept();
    if (tls_ == nullptr) return read(peer);
    peer->tls.emplace(peer->socket, *tls_);
    peer->tls->async_handshake(asio::ssl::stream_base::server,
                               [this, peer](const boost::system::error_code& failed) {
                                 if (!failed) return read(peer);
                                 peer->over = true;
                                 boost::system::error_code ignored;
                                 peer->socket.close(ignored);
                               });
  });
}

void TestSmsc::read(std::shared_ptr<Peer> peer) {
  const auto handler = [this, peer](const boost::system::error_code& error, std::size_t octets) {
    if (peer->over) return;
    if (error) return end(*peer);
    peer->session.received(std::string_view(peer->in.data(), octets));
    for (smpp::Pdu& pdu : std::exchange(peer->session.in, {})) take(*peer, std::move(pdu));
    flush(*peer);
    if (!peer->over && reads) read(peer);
  };
  peer->tls ? peer->tls->async_read_some(asio::buffer(peer->in), handler)
            : peer->socket.async_read_some(asio::buffer(peer->in), handler);
}

/// Loopback takes what a test writes.
void TestSmsc::flush(Peer& peer) {
  boost::system::error_code error;
  const std::string out = peer.session.take_output();
  if (!out.empty())
    peer.tls ? asio::write(*peer.tls, asio::buffer(out), error)
             : asio::write(peer.socket, asio::buffer(out), error);
  if (peer.session.is_closed() || error) end(peer);
}

void TestSmsc::end(Peer& peer) {
  if (std::exchange(peer.over, true)) return;
  for (Delivered& one : delivered_)
    if (one.peer == peer.number && !one.status) one.cut = true;
  boost::system::error_code ignored;
  peer.socket.close(ignored);
}

void TestSmsc::take(Peer& peer, smpp::Pdu pdu) {
  const smpp::Header& header = pdu.header;
  if (smpp::is_response(header.command)) {
    for (Delivered& one : delivered_)
      if (one.peer == peer.number && one.sequence == header.sequence) one.status = header.status;
    return;
  }
  if (auto* bind = std::get_if<smpp::Bind>(&pdu.body)) {
    binds.push_back(std::move(*bind));
    return peer.session.answer(header, bind_status, smpp::BindResponse{"test", 0x34});
  }
  auto& message = std::get<smpp::Message>(pdu.body);
  received.push_back(message);
  if (answers)
    peer.session.answer(header, smpp::Status::ok,
                        smpp::MessageResponse{"id" + std::to_string(received.size())});
  else
    submits.push_back({peer.number, header, std::move(message)});
}

std::size_t TestSmsc::bound() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      peers_, [](const auto& peer) { return !peer->over && peer->session.is_bound(); }));
}

std::uint64_t TestSmsc::deliver(smpp::Message message, smpp::Command command) {
  for (const auto& peer : peers_) {
    if (peer->over || !peer->session.has_receiver()) continue;
    const std::uint64_t id = ++next_id_;
    const std::uint32_t sequence = peer->session.send(command, std::move(message));
    delivered_.push_back({id, peer->number, sequence, {}, false});
    flush(*peer);
    return id;
  }
  return 0;
}

std::optional<smpp::Status> TestSmsc::answer_to(std::uint64_t id) const {
  const auto at = std::ranges::find(delivered_, id, &Delivered::id);
  return at == delivered_.end() ? std::nullopt : at->status;
}

bool TestSmsc::was_cut(std::uint64_t id) const {
  const auto at = std::ranges::find(delivered_, id, &Delivered::id);
  return at != delivered_.end() && at->cut;
}

void TestSmsc::answer(const Submitted& submit, smpp::Status status, const std::string& id) {
  Peer& peer = *peers_[submit.peer];
  if (peer.over) return;
  peer.session.answer(submit.header, status, smpp::MessageResponse{id});
  flush(peer);
}

void TestSmsc::cut() {
  for (const auto& peer : peers_) {
    if (peer->over) continue;
    boost::system::error_code ignored;
    peer->socket.set_option(asio::socket_base::linger(true, 0), ignored);
    end(*peer);
  }
}

void TestSmsc::unbind() {
  for (const auto& peer : peers_) {
    if (peer->over) continue;
    peer->session.send(smpp::Command::unbind);
    flush(*peer);
  }
}

void TestSmsc::close() {
  boost::system::error_code ignored;
  acceptor_.cancel(ignored);
  const auto here = acceptor_.local_endpoint();
  acceptor_.close(ignored);
  // The port stays ours, so that nobody else answers there.
  acceptor_.open(here.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(here);
}

void TestSmsc::open() {
  acceptor_.listen();
  accept();
}

World::World(core::Limits wanted) : Service(wanted), store(storage::gateway_tables().size()) {
  options.smsc.rate = 10'000;
  options.smsc.burst = 100;
  options.reconnect_first = base::Duration{5};
  options.reconnect_most = base::Duration{20};
}

TestSmsc& World::add_smsc(asio::ssl::context* tls) {
  return *smscs.emplace_back(std::make_unique<TestSmsc>(io, tls));
}

void World::start() {
  if (smscs.empty()) add_smsc();
  while (options.all.size() < smscs.size()) {
    SmscOptions one = options.smsc;
    one.name = "smsc-" + std::to_string(options.all.size() + 1);
    one.addresses = {smscs[options.all.size()]->address()};
    options.all.push_back(one);
  }
  start_as_configured();
}

void World::start_as_configured() {
  adapter.reset();
  messages.emplace(context, gateway.tables(), store, message_limits);
  adapter = std::make_unique<SmsAdapter>(
      context, options,
      Doors{gateway.registrations(), messages->device_side(), offers_messages, &proofs});
  adapter->start();
}

void World::restart() {
  adapter.reset();
  for (const auto& one : smscs) one->submits.clear();
  start_as_configured();
  base::ensure(until([&] { return adapter->is_connected(); }), "the SMSC is bound");
}

std::size_t World::rows(storage::TableNo table) {
  std::size_t count = 0;
  const auto loaded = store.load(table, [&](std::uint64_t, std::string_view) { ++count; });
  base::ensure(loaded.has_value(), "the memory store loads");
  return count;
}

std::optional<smpp::Status> World::write(const std::string& number, const std::string& text) {
  std::uint64_t id = 0;
  until([&] { return (id = smsc().deliver(mo(number, text))) != 0; });
  until([&] { return smsc().answer_to(id).has_value() || smsc().was_cut(id); });
  return smsc().answer_to(id);
}

smpp::Message mo(const std::string& number, const std::string& text) {
  smpp::Message message;
  message.source = {1, 1, number};
  message.destination = {0, 1, "12345"};
  message.data_coding = 3;
  message.short_message = text;
  return message;
}

}  // namespace msggw::sms::test
