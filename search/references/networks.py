"""Works on networks: backbones and pretraining."""

from search.references.work import Work

NETWORKS = (
    Work(
        key="he2016",
        of=(
            "backbone.name=residual_cnn",
            "backbone.name=resnet18",
            "backbone.name=resnet50",
        ),
        what="residual networks",
        kind="inproceedings",
        authors="He, K. and Zhang, X. and Ren, S. and Sun, J.",
        title="Deep Residual Learning for Image Recognition",
        venue="IEEE Conference on Computer Vision and Pattern Recognition",
        year=2016,
        pages="770--778",
        doi="10.1109/CVPR.2016.90",
    ),
    Work(
        key="huang2017",
        of=("backbone.name=densenet121",),
        what="DenseNet",
        kind="inproceedings",
        authors="Huang, G. and Liu, Z. and van der Maaten, L. and Weinberger, K. Q.",
        title="Densely Connected Convolutional Networks",
        venue="IEEE Conference on Computer Vision and Pattern Recognition",
        year=2017,
        pages="2261--2269",
        doi="10.1109/CVPR.2017.243",
    ),
    Work(
        key="tan2019",
        of=tuple(
            f"backbone.name=efficientnet_{size}"
            for size in ("b0", "b1", "b2", "b3", "lite0", "lite1", "lite2")
        ),
        what="EfficientNet",
        kind="inproceedings",
        authors="Tan, M. and Le, Q. V.",
        title="EfficientNet: Rethinking Model Scaling for Convolutional Neural "
        "Networks",
        venue="Proceedings of the 36th International Conference on Machine Learning "
        "(PMLR)",
        year=2019,
        volume="97",
        pages="6105--6114",
    ),
    Work(
        key="tan2021",
        of=tuple(f"backbone.name=efficientnet_v2_b{size}" for size in range(4)),
        what="EfficientNetV2",
        kind="inproceedings",
        authors="Tan, M. and Le, Q. V.",
        title="EfficientNetV2: Smaller Models and Faster Training",
        venue="Proceedings of the 38th International Conference on Machine Learning "
        "(PMLR)",
        year=2021,
        volume="139",
        pages="10096--10106",
    ),
    Work(
        key="liu2022",
        of=("backbone.name=convnext_tiny",),
        what="ConvNeXt",
        kind="inproceedings",
        authors="Liu, Z. and Mao, H. and Wu, C.-Y. and Feichtenhofer, C. and "
        "Darrell, T. and Xie, S.",
        title="A ConvNet for the 2020s",
        venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition",
        year=2022,
        pages="11966--11976",
        doi="10.1109/CVPR52688.2022.01167",
    ),
    Work(
        key="howard2017",
        of=("backbone.name=mobilenet",),
        what="MobileNet",
        kind="misc",
        authors="Howard, A. G. and Zhu, M. and Chen, B. and Kalenichenko, D. and "
        "Wang, W. and Weyand, T. and Andreetto, M. and Adam, H.",
        title="MobileNets: Efficient Convolutional Neural Networks for Mobile Vision "
        "Applications",
        venue="arXiv:1704.04861",
        year=2017,
    ),
    Work(
        key="howard2019",
        of=("backbone.name=mobilenet_v3_small", "backbone.name=mobilenet_v3_large"),
        what="MobileNetV3",
        kind="inproceedings",
        authors="Howard, A. and Sandler, M. and Chu, G. and Chen, L.-C. and Chen, B. "
        "and Tan, M. and Wang, W. and Zhu, Y. and Pang, R. and Vasudevan, V. and "
        "Le, Q. V. and Adam, H.",
        title="Searching for MobileNetV3",
        venue="IEEE/CVF International Conference on Computer Vision",
        year=2019,
        pages="1314--1324",
        doi="10.1109/ICCV.2019.00140",
    ),
    Work(
        key="arriaga2017",
        of=("backbone.name=mini_xception",),
        what="Mini-Xception",
        kind="misc",
        authors="Arriaga, O. and Valdenegro-Toro, M. and Plöger, P.",
        title="Real-time Convolutional Neural Networks for Emotion and Gender "
        "Classification",
        venue="arXiv:1710.07557",
        year=2017,
    ),
    Work(
        key="king2009",
        of=("backbone.name=dlib_resnet",),
        what="dlib",
        kind="article",
        authors="King, D. E.",
        title="Dlib-ml: A Machine Learning Toolkit",
        venue="Journal of Machine Learning Research",
        year=2009,
        volume="10",
        pages="1755--1758",
    ),
    Work(
        key="russakovsky2015",
        of=("backbone.weights=imagenet",),
        what="ImageNet",
        kind="article",
        authors="Russakovsky, O. and others",
        title="ImageNet Large Scale Visual Recognition Challenge",
        venue="International Journal of Computer Vision",
        year=2015,
        volume="115",
        number="3",
        pages="211--252",
        doi="10.1007/s11263-015-0816-y",
    ),
)
