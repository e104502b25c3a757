#include "adapters/sms/test_world.h"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <utility>

namespace msggw::sms::test {

namespace asio = boost::asio;
using asio::ip::tcp;

struct TestSmsc::Peer {
  Peer(tcp::socket from, const base::Clock& clock)
      : socket(std::move(from)), session(smpp::Role::smsc, {}, clock.now()) {}

  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  smpp::Session session;
  std::array<char, 16'384> in{};
  std::size_t number = 0;
  bool over = false;
};

TestSmsc::TestSmsc(asio::io_context& io, const base::Clock& clock, asio::ssl::context* tls)
    : io_(io),
      clock_(clock),
      tls_(tls),
      acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  accept();
}

TestSmsc::~TestSmsc() {
  cut();
}

void TestSmsc::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (error) return;
    ++accepted_;
    auto peer = std::make_shared<Peer>(std::move(socket), clock_);
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
    const base::TimePoint now = clock_.now();
    error ? peer->session.cut(now)
          : peer->session.received(std::string_view(peer->in.data(), octets), now);
    for (smpp::Event& event : peer->session.take_events()) on_event(peer->number, event);
    flush(*peer);
    if (!peer->over && reads) read(peer);
  };
  peer->tls ? peer->tls->async_read_some(asio::buffer(peer->in), handler)
            : peer->socket.async_read_some(asio::buffer(peer->in), handler);
}

/// Loopback takes what a test writes.
void TestSmsc::flush(Peer& peer) {
  boost::system::error_code error;
  const std::string out(peer.session.output());
  peer.session.written(out.size());
  if (!out.empty())
    peer.tls ? asio::write(*peer.tls, asio::buffer(out), error)
             : asio::write(peer.socket, asio::buffer(out), error);
  if (peer.session.state() != smpp::State::closed && !error) return;
  peer.over = true;
  peer.socket.close(error);
}

void TestSmsc::on_event(std::size_t number, smpp::Event& event) {
  Peer& peer = *peers_[number];
  const base::TimePoint now = clock_.now();
  switch (event.kind) {
    case smpp::Event::Kind::bind_asked:
      binds.push_back(std::get<smpp::Bind>(event.pdu.body));
      peer.session.answer_bind(event.id, bind_status, "test", now);
      return;
    case smpp::Event::Kind::request: {
      auto& message = std::get<smpp::Message>(event.pdu.body);
      received.push_back(message);
      if (answers)
        peer.session.answer(event.id, smpp::Status::ok, "id" + std::to_string(received.size()),
                            now);
      else
        submits.push_back({number, event.id, std::move(message)});
      return;
    }
    case smpp::Event::Kind::answered:
      if (Delivered* one = find(event.id)) one->status = event.pdu.header.status;
      return;
    case smpp::Event::Kind::unanswered:
      if (Delivered* one = find(event.id)) one->cut = true;
      return;
    case smpp::Event::Kind::bound:
    case smpp::Event::Kind::bind_refused:
    case smpp::Event::Kind::closed: return;
  }
}

std::size_t TestSmsc::bound() const {
  return static_cast<std::size_t>(std::ranges::count_if(peers_, [](const auto& peer) {
    return !peer->over && peer->session.state() >= smpp::State::bound_tx &&
           peer->session.state() <= smpp::State::bound_trx;
  }));
}

std::uint64_t TestSmsc::deliver(smpp::Message message, smpp::Command command) {
  for (const auto& peer : peers_) {
    if (peer->over) continue;
    const std::uint64_t id = ++next_id_;
    if (!peer->session.send(command, message, id, clock_.now())) continue;
    delivered_.push_back({id, {}, false});
    flush(*peer);
    return id;
  }
  return 0;
}

TestSmsc::Delivered* TestSmsc::find(std::uint64_t id) {
  const auto at = std::ranges::find(delivered_, id, &Delivered::id);
  return at == delivered_.end() ? nullptr : &*at;
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
  peer.session.answer(submit.token, status, id, clock_.now());
  flush(peer);
}

void TestSmsc::cut() {
  for (const auto& peer : peers_) {
    if (std::exchange(peer->over, true)) continue;
    peer->session.cut(clock_.now());
    for (smpp::Event& event : peer->session.take_events()) on_event(peer->number, event);
    boost::system::error_code ignored;
    peer->socket.set_option(asio::socket_base::linger(true, 0), ignored);
    peer->socket.close(ignored);
  }
}

void TestSmsc::unbind() {
  for (const auto& peer : peers_) {
    if (peer->over) continue;
    peer->session.unbind(clock_.now());
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

World::World(core::Limits wanted) : Service(wanted) {
  options.smsc.rate = 10'000;
  options.smsc.burst = 100;
  options.reconnect_first = base::Duration{5};
  options.reconnect_most = base::Duration{20};
}

TestSmsc& World::add_smsc(asio::ssl::context* tls) {
  return *smscs.emplace_back(std::make_unique<TestSmsc>(io, clock, tls));
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
  adapter = std::make_unique<SmsAdapter>(context, options, gateway.registrations());
  adapter->start();
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
