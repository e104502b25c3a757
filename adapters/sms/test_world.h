// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/adapter.h"
#include "adapters/sms/smpp/test_peer.h"
#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "storage/memory_store.h"
#include "tests/adapters/messages.h"
#include "tests/adapters/service.h"

namespace msggw::sms::test {

inline base::Address at_loopback(std::uint16_t port) {
  return {base::Host(boost::asio::ip::address_v4::loopback()), port};
}

/// An SMSC on a free port, on the loop of the test. The programs of others stand in tests/e2e.
class TestSmsc {
 public:
  struct Delivered {
    std::uint64_t id;
    std::size_t peer;
    std::uint32_t sequence;
    std::optional<smpp::Status> status;  ///< none yet
    bool cut = false;                    ///< there will be none
  };
  struct Submitted {
    std::size_t peer;
    smpp::Header header;
    smpp::Message message;
  };

  explicit TestSmsc(boost::asio::io_context& io, boost::asio::ssl::context* tls = nullptr);
  ~TestSmsc();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  base::Address address() const { return at_loopback(port()); }

  std::size_t bound() const;
  std::size_t connections() const noexcept { return accepted_; }
  /// The name of a deliver_sm to the first receiver; 0: there is none.
  std::uint64_t deliver(smpp::Message message, smpp::Command command = smpp::Command::deliver_sm);
  std::optional<smpp::Status> answer_to(std::uint64_t id) const;
  bool was_cut(std::uint64_t id) const;
  void answer(const Submitted& submit, smpp::Status status, const std::string& id);
  /// Closes every connection, without a word or by unbind.
  void cut();
  void unbind();
  /// No connection is taken any more, until open().
  void close();
  void open();

  std::deque<Submitted> submits;  ///< those that are not answered by themselves
  std::vector<smpp::Bind> binds;
  smpp::Status bind_status = smpp::Status::ok;
  bool answers = true;  ///< submits at once, with ids "id1", "id2" ...
  std::vector<smpp::Message> received;
  bool reads = true;

 private:
  struct Peer;
  void accept();
  void take(Peer& peer, smpp::Pdu pdu);
  void end(Peer& peer);
  void flush(Peer& peer);
  void read(std::shared_ptr<Peer> peer);

  boost::asio::io_context& io_;
  boost::asio::ssl::context* tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::vector<Delivered> delivered_;
  std::size_t accepted_ = 0;
  std::uint64_t next_id_ = 0;
};

/// The gateway with its SMS adapter, and messages in a store in memory that outlives restarts.
class World : public msggw::test::Service {
 public:
  explicit World(core::Limits limits = {});
  ~World() override { adapter.reset(); }
  /// Points `options` to the SMSCs made so far, one at least, and makes the adapter.
  void start();
  /// Makes the adapter with `options` as they are.
  void start_as_configured();
  TestSmsc& add_smsc(boost::asio::ssl::context* tls = nullptr);
  TestSmsc& smsc() { return *smscs.front(); }

  /// The adapter and the messages end as by kill -9, and begin again with what the store has, with
  /// an SMSC that is bound.
  void restart();
  std::size_t rows(storage::TableNo table);

  /// A phone writes, and the SMSC hears how that went; none: it does not.
  std::optional<smpp::Status> write(const std::string& number, const std::string& text);

  Options options;
  std::vector<std::unique_ptr<TestSmsc>> smscs;
  bool offers_messages = false;
  messages::Limits message_limits;
  storage::MemoryStore store;
  credentials::Book book{{}, gateway.tables(), registry};
  credentials::OperatorSide credentials{book};
  credentials::Proofs proofs{book};
  std::optional<msggw::test::Messages> messages;
  std::unique_ptr<SmsAdapter> adapter;

 protected:
  void play() override { messages->turn(*adapter); }

 private:
  core::Adapter* served() override { return adapter.get(); }
};

/// An SMS from a phone whose SMSC writes numbers in the international form, to the address 12345.
smpp::Message mo(const std::string& number, const std::string& text);

}  // namespace msggw::sms::test
