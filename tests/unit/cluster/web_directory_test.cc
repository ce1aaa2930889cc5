#include "weir/cluster/web_directory.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/sim/world.h"

namespace weir::cluster {
namespace {

class WebDirectory : public testing::Test {
 protected:
  /// What is found when these directories hold a page.
  std::string found(const std::vector<std::string>& directories, const std::string& program) {
    std::string result;
    bool done = false;
    world_.blocking(
        [&] {
          for (const std::string& directory : directories) {
            world_.files().make_directories(directory);
            world_.files().create(directory + "/index.html");
          }
          result = web_directory(world_.files(), program);
        },
        [&](std::exception_ptr error) {
          EXPECT_EQ(error, nullptr);
          done = true;
        });
    world_.run_until([&] { return done; });
    return result;
  }

 private:
  sim::World world_{1};
};

TEST_F(WebDirectory, IsThatBesideTheProgramWhereverItWasMoved) {
  EXPECT_EQ(found({"/elsewhere/share/weir/web"}, "/elsewhere/bin/weir"), "/elsewhere/share/weir/web");
  EXPECT_EQ(found({"/share/weir/web"}, "/bin/weir"), "/share/weir/web");
}

TEST_F(WebDirectory, IsNowhereWhenThereIsNoPage) { EXPECT_EQ(found({"/elsewhere/web"}, "/elsewhere/bin/weir"), ""); }

TEST_F(WebDirectory, IsThatOfTheTreeBeforeOneThatIsInstalledForAll) {
  EXPECT_EQ(found({WEIR_WEB_INSTALLED, WEIR_WEB_BUILT}, "/tree/build/dev/cluster/weir"), WEIR_WEB_BUILT);
}

TEST_F(WebDirectory, IsThatWhereTheBuildInstallsItForJobsElsewhere) {
  EXPECT_EQ(found({WEIR_WEB_INSTALLED}, "/home/user/jobs/count"), WEIR_WEB_INSTALLED);
}

}  // namespace
}  // namespace weir::cluster
